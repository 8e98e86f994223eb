// Builds the benchmark and runs it: npm run bench, npm run bench -- --quick, npm run bench -- payments counting, npm run bench -- --profile.
// bench/README.md says what the numbers mean.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const bench = fileURLToPath(new URL('../bench/', import.meta.url));
const example = fileURLToPath(new URL('../examples/flight-delays/', import.meta.url));

const comparisons = ['flights', 'payments', 'payments-same-decode', 'changed-field', 'log-to-log'];
comparisons.push('more-nodes', 'floor', 'decode', 'counting', 'output', 'memory', 'restore');
const profiles = ['profile-flights', 'profile-payments'];

await bundle('main.ts', 'main.js');
await bundle('ratios/job.ts', 'job.js');
// What counting costs: the engine without the lines that count.
await bundle('ratios/job.ts', 'job-without-counting.js', (code) =>
  without(code, /^\s*values\[slot\w*\] = \(values\[slot\w*\] as number\) \+ 1;$/gm, 8),
);
// What changelog and output cost: the engine without the lines that write them.
await bundle('ratios/job.ts', 'job-without-output.js', (code) =>
  without(
    without(
      code,
      /^\s*record\.putKey(?:View|Bytes)?\(.*\);$|^\s*if \(value !== null\) putJson\(record, value\);$|^\s*const record = changelog\.open\(.*\);$/gm,
      4,
    ),
    /^\s*writer\.write\(record, .*\);$/gm,
    1,
  ),
);

const [flags, names] = [
  process.argv.slice(2).filter((word) => word.startsWith('--')),
  process.argv.slice(2).filter((word) => !word.startsWith('--')),
];
const parts = flags.includes('--profile') ? profiles : comparisons;
const chosen = names.length > 0 ? names : parts;
// A process for each part: a worker serves one pipeline.
for (const part of ['heading', ...chosen]) {
  const { status } = spawnSync(
    process.execPath,
    ['--expose-gc', `${bench}dist/main.js`, part, example, `${bench}c-floor.c`, ...flags],
    { stdio: 'inherit' },
  );
  if (status !== 0) process.exit(status ?? 1);
}

/** `reduce` changes the text of the engine's task. */
async function bundle(input, output, reduce) {
  const built = await rolldown({
    cwd: bench,
    input,
    platform: 'node',
    // Packages with native code find their binaries beside themselves, so they stay outside.
    external: [/^lmdb/, /^msgpackr-extract/],
    plugins:
      reduce === undefined
        ? []
        : [
            {
              name: 'reduce',
              transform: (code, id) => (id.endsWith('/engine/src/runtime/task.ts') ? { code: reduce(code) } : null),
            },
          ],
  });
  await built.write({ file: `${bench}dist/${output}`, format: 'esm' });
  await built.close();
}

/** A measurement of what is not there any more would be a measurement of nothing. */
function without(code, lines, atLeast) {
  const found = code.match(lines)?.length ?? 0;
  if (found < atLeast)
    throw new Error(`Of the lines to leave out of the task, ${found} were found and not ${atLeast}.`);
  return code.replace(lines, '');
}
