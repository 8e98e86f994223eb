import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { logConformance } from '@millrace/engine/testing';
import { describe, expect, it } from 'vitest';
import { EmbeddedLog } from './embedded-log.ts';

logConformance(
  { describe, it, expect },
  {
    name: 'embedded log',
    seed: Date.now(),
    async open() {
      const directory = await mkdtemp(join(tmpdir(), 'millrace-log-'));
      let log = await EmbeddedLog.open({ directory });
      return {
        log,
        async reopen() {
          await log.close();
          log = await EmbeddedLog.open({ directory });
          return log;
        },
        async dispose() {
          await log.close();
          await rm(directory, { recursive: true });
        },
      };
    },
  },
);
