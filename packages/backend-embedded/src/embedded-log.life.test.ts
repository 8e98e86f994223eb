import { mkdtemp, open, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeBatch, type LogError } from '@millrace/engine';
import { rejection } from '@millrace/engine/testing';
import { open as openEnvironment } from 'lmdb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EmbeddedLog } from './embedded-log.ts';
import { sealJson } from './rows.ts';

let directory: string;

beforeEach(async () => {
  directory = join(await mkdtemp(join(tmpdir(), 'millrace-log-')), 'log');
});

afterEach(async () => {
  await rm(join(directory, '..'), { recursive: true });
});

const keep = { policy: 'delete', retentionMs: null, retentionBytes: null } as const;
const orders = { name: 'orders', partitions: 2, role: 'external', cleanup: keep, owner: null } as const;
const atOnce = { maxBytesPerPartition: 1_000_000, maxWaitMs: 0 };

function append(value: string, partition = 0) {
  return { topic: 'orders', partition, batch: encodeBatch([{ key: 'k', value, timestamp: 0 }]) };
}

async function filled(values: readonly string[]): Promise<void> {
  const log = await EmbeddedLog.open({ directory });
  await log.ensureTopics([orders]);
  for (const value of values) await log.append([append(value, 1)]);
  await log.close();
}

describe('the embedded log on disk', () => {
  it('is for its owner’s eyes only', async () => {
    await filled(['a']);
    expect((await stat(directory)).mode & 0o777).toBe(0o700);
    expect((await stat(join(directory, 'log.mdb'))).mode & 0o777).toBe(0o600);
  });

  it('tells hosts of appends and commits that wrote something, until they have heard enough', async () => {
    const log = await EmbeddedLog.open({ directory });
    await log.ensureTopics([orders, { ...orders, name: 'out' }]);
    const heard: (readonly string[])[] = [];
    const stop = log.onAppended((topics) => heard.push(topics));
    await log.append([append('a'), append('b', 1), { ...append('c'), topic: 'out' }]);
    await log.append([{ ...append('a'), batch: encodeBatch([]) }]);
    await log.commit({ application: 'a', tasks: [], appends: [append('d')] });
    await rejection(log.append([append('e', 9)]));
    expect(heard).toEqual([['orders', 'out'], ['orders']]);
    stop();
    await log.append([append('f')]);
    expect(heard.length).toBe(2);
    await log.close();
  });

  it('names the place of a batch whose bytes have changed, and serves the others', async () => {
    await filled(['sound', 'marker-of-the-damage', 'sound too']);
    const path = join(directory, 'log.mdb');
    const at = (await readFile(path)).indexOf('marker-of-the-damage');
    const file = await open(path, 'r+');
    await file.write('X', at);
    await file.close();
    const log = await EmbeddedLog.open({ directory });
    const read = (offset: number, maxBytesPerPartition = 1) =>
      log.read([{ topic: 'orders', partition: 1, offset }], { ...atOnce, maxBytesPerPartition });
    expect((await read(0))[0]?.batches.length).toBe(1);
    expect((await read(2))[0]?.batches.length).toBe(1);
    const error = (await rejection(read(1))) as LogError;
    expect(error.code).toBe('corrupt');
    expect(error.message).toContain('topic orders, partition 1, that ends at offset 1');
    expect(((await rejection(read(0, 1_000_000))) as LogError).code).toBe('corrupt');
    await log.close();
  });

  it('does not open a log of another version', async () => {
    await filled(['a']);
    const root = openEnvironment<Buffer, Buffer>({
      path: join(directory, 'log.mdb'),
      noSubdir: true,
      overlappingSync: false,
    });
    const meta = root.openDB<Buffer, Buffer>('meta', { encoding: 'binary', keyEncoding: 'binary' });
    const key = Buffer.from('format');
    await meta.put(key, sealJson(key, { format: 'millrace-log', version: 2 }));
    await root.close();
    const error = (await rejection(EmbeddedLog.open({ directory }))) as LogError;
    expect(error.message).toContain('has format millrace-log 2; this version of Millrace reads millrace-log 1');
  });

  it('does not open a file that is no log', async () => {
    await filled(['a']);
    const path = join(directory, 'log.mdb');
    await writeFile(path, Buffer.alloc(100_000, 0x5a));
    expect(((await rejection(EmbeddedLog.open({ directory }))) as LogError).code).toBe('corrupt');
    await truncate(path, 4096);
    expect(((await rejection(EmbeddedLog.open({ directory }))) as LogError).code).toBe('corrupt');
    const file = join(directory, 'file');
    await writeFile(file, '');
    expect(((await rejection(EmbeddedLog.open({ directory: file }))) as LogError).code).toBe('io');
  });
});
