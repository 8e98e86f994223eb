import { mkdtemp, open, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StoreChange } from '@millrace/engine';
import { rejection } from '@millrace/engine/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LmdbTaskStores } from './lmdb-task-stores.ts';
import type { StoreError } from './store-error.ts';

let directory: string;

beforeEach(async () => {
  directory = join(await mkdtemp(join(tmpdir(), 'millrace-stores-')), '0_0');
});

afterEach(async () => {
  await rm(join(directory, '..'), { recursive: true });
});

const entries: readonly StoreChange[] = Array.from({ length: 3000 }, (_, index) => ({
  segment: 0,
  key: `key-${index}`,
  timestamp: index,
  value: `"${index}${'-filling'.repeat(100)}"`,
}));

async function filled(): Promise<LmdbTaskStores> {
  const stores = await LmdbTaskStores.open({ directory });
  await stores.write([{ store: 'counts', changes: entries, droppedSegments: [], position: 17 }]);
  return stores;
}

async function damaged(damage: (path: string) => Promise<void>): Promise<StoreError> {
  const stores = await filled();
  await stores.close();
  await damage(join(directory, 'stores.mdb'));
  return (await rejection(LmdbTaskStores.open({ directory }))) as StoreError;
}

async function overwrite(path: string, bytes: Uint8Array, position: number): Promise<void> {
  const file = await open(path, 'r+');
  await file.write(bytes, 0, bytes.byteLength, position);
  await file.close();
}

describe('the stores of a task on disk', () => {
  it('are for their owner’s eyes only', async () => {
    const stores = await filled();
    expect((await stat(directory)).mode & 0o777).toBe(0o700);
    expect((await stat(join(directory, 'stores.mdb'))).mode & 0o777).toBe(0o600);
    await stores.close();
  });

  it('let a scan see one moment while a write goes on', async () => {
    const stores = await filled();
    const scan = stores.table('counts').scan({ from: null, to: null })[Symbol.iterator]();
    expect(scan.next().value?.key).toBe('key-0');
    await stores.write([{ store: 'counts', changes: [], droppedSegments: [0], position: 18 }]);
    expect(stores.table('counts').count()).toBe(0);
    let seen = 1;
    while (!scan.next().done) seen++;
    expect(seen).toBe(entries.length);
    await stores.close();
  });

  it('finish the writes under way when they are closed', async () => {
    const stores = await LmdbTaskStores.open({ directory });
    const writes = Array.from({ length: 5 }, (_, index) =>
      stores.write([{ store: `s${index}`, changes: entries.slice(0, 10), droppedSegments: [], position: index + 1 }]),
    );
    await stores.close();
    await Promise.all(writes);
    const again = await LmdbTaskStores.open({ directory });
    expect(writes.map((_, index) => [again.position(`s${index}`), again.table(`s${index}`).count()])).toEqual(
      writes.map((_, index) => [index + 1, 10]),
    );
    await again.close();
  });

  it('say that they are damaged when the file is no LMDB file, was cut, or lost its roots', async () => {
    const cases: ((path: string) => Promise<void>)[] = [
      (path) => writeFile(path, Buffer.alloc(100_000, 0x5a)),
      (path) => truncate(path, 100),
      (path) => truncate(path, 8192),
      async (path) => truncate(path, Math.floor((await stat(path)).size / 8192) * 4096),
      async (path) => overwrite(path, Buffer.alloc((await stat(path)).size - 8192, 0xa5), 8192),
    ];
    for (const damage of cases) {
      const error = await damaged(damage);
      expect(error.code).toBe('corrupt');
      expect(error.message).toContain('they are rebuilt from their changelogs');
      await LmdbTaskStores.destroy(directory);
      expect((await rejection(stat(directory))) instanceof Error).toBe(true);
      const fresh = await LmdbTaskStores.open({ directory });
      expect([fresh.position('counts'), fresh.table('counts').count()]).toEqual([0, 0]);
      await fresh.close();
    }
  });

  it('say so when an entry has changed on the disk', async () => {
    await (await filled()).close();
    const path = join(directory, 'stores.mdb');
    const bytes = await readFile(path);
    // The file may hold older copies of a page; all are changed, because which is the present one is LMDB's business.
    for (let at = bytes.indexOf('"1234-filling'); at >= 0; at = bytes.indexOf('"1234-filling', at + 1)) {
      await overwrite(path, Buffer.from('!'), at + 20);
    }
    const stores = await LmdbTaskStores.open({ directory });
    const table = stores.table('counts');
    expect(table.get({ segment: 0, key: 'key-1233' })?.timestamp).toBe(1233);
    const error = await rejection((async () => table.get({ segment: 0, key: 'key-1234' }))());
    expect((error as StoreError).code).toBe('corrupt');
    const scanned = await rejection((async () => [...table.scan({ from: null, to: null })])());
    expect((scanned as StoreError).code).toBe('corrupt');
    await stores.close();
  });

  it('leave other files alone when they are destroyed', async () => {
    await (await filled()).close();
    await writeFile(join(directory, 'other'), 'x');
    await LmdbTaskStores.destroy(directory);
    await LmdbTaskStores.destroy(directory);
    expect(await readFile(join(directory, 'other'), 'utf8')).toBe('x');
  });
});
