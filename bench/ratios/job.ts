// Bundled once as it is and again with parts taken out (see scripts/bench.mjs), so that what the parts cost can be measured side by side.
export { EngineJob } from '../engine-job.ts';
