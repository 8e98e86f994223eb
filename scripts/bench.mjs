// Builds the benchmark and runs it: npm run bench, npm run bench -- --quick, npm run bench -- --profile. bench/README.md says what the numbers mean.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const bench = fileURLToPath(new URL('../bench/', import.meta.url));
const example = fileURLToPath(new URL('../examples/flight-delays/', import.meta.url));

const bundle = await rolldown({
  cwd: bench,
  input: 'main.ts',
  platform: 'node',
  // Packages with native code find their binaries beside themselves, so they stay outside.
  external: [/^lmdb/, /^msgpackr-extract/],
});
await bundle.write({ file: `${bench}dist/main.js`, format: 'esm' });
await bundle.close();

const child = spawn(process.execPath, ['--expose-gc', `${bench}dist/main.js`, example, ...process.argv.slice(2)], {
  stdio: 'inherit',
});
child.on('exit', (code) => {
  process.exitCode = code ?? 1;
});
