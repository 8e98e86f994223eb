export { EmbeddedLog, type EmbeddedLogOptions } from './embedded-log.ts';
export { endProcess } from './end-process.ts';
export type { HousekeepingReport } from './housekeeping.ts';
