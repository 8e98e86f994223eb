import { defineConfig } from 'rolldown';

export default defineConfig({
  input: 'src/main.ts',
  platform: 'node',
  // A native add-on finds its binary beside its own package.
  external: ['lmdb'],
  output: { file: 'dist/main.js', format: 'esm', codeSplitting: false },
});
