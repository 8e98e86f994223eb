import { describe, expect, it } from 'vitest';
import { storesConformance } from '../testing/stores-conformance.ts';
import { MemoryTaskStores } from './memory-stores.ts';

storesConformance(
  { describe, it, expect },
  {
    name: 'memory stores',
    seed: Date.now(),
    async open() {
      const stores = new MemoryTaskStores();
      return { stores, dispose: () => stores.close() };
    },
  },
);
