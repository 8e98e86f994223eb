import { describe, expect, it } from 'vitest';
import { logConformance } from '../testing/log-conformance.ts';
import { MemoryLog } from './memory-log.ts';

logConformance(
  { describe, it, expect },
  {
    name: 'memory log',
    seed: Date.now(),
    async open() {
      const log = new MemoryLog();
      return { log, dispose: () => log.close() };
    },
  },
);
