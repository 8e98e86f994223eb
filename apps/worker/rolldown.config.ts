import { defineConfig } from 'rolldown';

/** A native add-on finds its binary beside its own package. */
const native = [/^lmdb$/, /^bufferutil$/, /^utf-8-validate$/];

/** Two programs: a worker, and the keeper that starts workers. */
export default defineConfig(
  (
    [
      ['src/main.ts', 'dist/main.js'],
      ['src/keeper/main.ts', 'dist/keeper.js'],
    ] as const
  ).map(([input, file]) => ({
    input,
    platform: 'node' as const,
    external: native,
    output: { file, format: 'esm' as const, codeSplitting: false },
  })),
);
