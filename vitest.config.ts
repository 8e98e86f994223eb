import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['packages/*/src/**/*.test.ts', 'apps/*/src/**/*.test.{ts,tsx}', 'tests/**/*.test.ts'],
    // Tests start real processes and wait for real disks; the limit is against hanging, not a measure.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Two cores: more at once only makes each slower.
    maxWorkers: 2,
  },
});
