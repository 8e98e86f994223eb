import { defineConfig } from 'rolldown';

/** Packages with native code find their binaries beside themselves, so they stay outside. */
const native = [/^lmdb/, /^msgpackr-extract/, /^bufferutil$/, /^utf-8-validate$/];

export default defineConfig({
  input: 'src/main.ts',
  platform: 'node',
  external: native,
  output: { file: 'dist/main.js', format: 'esm', sourcemap: true },
});
