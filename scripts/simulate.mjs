// Runs simulated workers and checks them: npm run simulate -- --seeds 10000, from another seed on with --seed S; --seed S alone runs that one.
import { parseArgs } from 'node:util';
import { register } from 'tsx/esm/api';

register();
const { verifySeed, shrunk, described } = await import('../packages/engine/src/testing/index.ts');

const { values } = parseArgs({ options: { seeds: { type: 'string' }, seed: { type: 'string' } } });
const first = Number(values.seed ?? 0);
const count = Number(values.seeds ?? (values.seed === undefined ? 2000 : 1));
if (!Number.isSafeInteger(first) || !Number.isSafeInteger(count) || first < 0 || count < 1) {
  console.error('Usage: npm run simulate -- [--seeds N] [--seed S], both whole numbers.');
  process.exit(2);
}

const begin = performance.now();
const byShape = new Map();
let failed = 0;
let turns = 0;
for (let seed = first; seed < first + count; seed++) {
  const verdict = await verified(seed);
  turns += verdict.turns;
  byShape.set(verdict.shape, (byShape.get(verdict.shape) ?? 0) + 1);
  if (verdict.problems.length > 0) {
    failed++;
    console.log(
      `\nSeed ${seed} fails. Run it again: npm run simulate -- --seed ${seed}\n${verdict.problems.join('\n')}`,
    );
    if (failed <= 3)
      console.log(`\nThe smallest scenario found that fails too:\n${described(await shrunk(verdict.scenario))}`);
  }
  const done = seed - first + 1;
  if (done % 500 === 0 || done === count) {
    const seconds = (performance.now() - begin) / 1000;
    console.log(`${done} of ${count} seeds, ${failed} failed, ${turns} turns, ${seconds.toFixed(1)} s`);
  }
}
for (const [shape, runs] of [...byShape].sort()) console.log(`  ${String(runs).padStart(6)}  ${shape}`);
process.exitCode = failed === 0 ? 0 : 1;

async function verified(seed) {
  const { scenario, problems, turns } = await verifySeed(seed);
  return { scenario, problems, turns, shape: scenario.shape };
}
