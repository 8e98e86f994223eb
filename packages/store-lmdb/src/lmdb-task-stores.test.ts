import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { storesConformance } from '@millrace/engine/testing';
import { describe, expect, it } from 'vitest';
import { LmdbTaskStores } from './lmdb-task-stores.ts';

storesConformance(
  { describe, it, expect },
  {
    name: 'LMDB stores',
    seed: Date.now(),
    async open() {
      const directory = await mkdtemp(join(tmpdir(), 'millrace-stores-'));
      let stores = await LmdbTaskStores.open({ directory });
      return {
        stores,
        async reopen() {
          await stores.close();
          stores = await LmdbTaskStores.open({ directory });
          return stores;
        },
        async dispose() {
          await stores.close();
          await rm(directory, { recursive: true });
        },
      };
    },
  },
);
