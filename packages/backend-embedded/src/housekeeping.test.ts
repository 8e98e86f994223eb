import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RecordBatch, TopicCleanup } from '@millrace/engine';
import { encodeBatch } from '@millrace/engine';
import { seededRandom } from '@millrace/engine/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EmbeddedLog } from './embedded-log.ts';

let directory: string;
let log: EmbeddedLog;
let nowMs: number;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'millrace-log-'));
  nowMs = 1_000_000;
  log = await EmbeddedLog.open({ directory, clock: () => nowMs });
});

afterEach(async () => {
  await log.close();
  await rm(directory, { recursive: true });
});

async function create(cleanup: TopicCleanup): Promise<void> {
  await log.ensureTopics([{ name: 'in', partitions: 1, role: 'external', cleanup, owner: null }]);
}

type Change = readonly [key: string | null, value: string | null];

async function append(...changes: readonly Change[]): Promise<void> {
  const records = changes.map(([key, value]) => ({ key, value, timestamp: 7 }));
  await log.append([{ topic: 'in', partition: 0, batch: encodeBatch(records) }]);
}

async function batchesFrom(offset: number): Promise<readonly RecordBatch[]> {
  const options = { maxBytesPerPartition: Number.MAX_SAFE_INTEGER, maxWaitMs: 0 };
  return (await log.read([{ topic: 'in', partition: 0, offset }], options))[0]?.batches ?? [];
}

/** Each record as `offset:key=value`; a null is a dash. */
async function records(offset = 0): Promise<string[]> {
  return (await batchesFrom(offset)).flatMap((batch) =>
    Array.from({ length: batch.count }, (_, index) => {
      const end = batch.valueEnds[index] ?? -1;
      const value = end < 0 ? '-' : batch.text(batch.valueStarts[index] ?? 0, end);
      return `${batch.offset(index)}:${batch.keyByteString(index) ?? '-'}=${value}`;
    }),
  );
}

async function housekeep(): Promise<number> {
  let changed = 0;
  for (;;) {
    const { removedBatches, compactedBatches, more, problems } = await log.housekeep();
    expect(problems).toEqual([]);
    changed += removedBatches + compactedBatches;
    if (!more) return changed;
  }
}

async function startOffset(): Promise<number | undefined> {
  return (await log.topics())[0]?.startOffsets[0];
}

describe('clean-up by age and size', () => {
  it('removes batches once they are as old as is kept', async () => {
    await create({ policy: 'delete', retentionMs: 1000, retentionBytes: null });
    await append(['a', '1'], ['b', '1']);
    nowMs += 600;
    await append(['c', '1']);
    nowMs += 399;
    expect(await housekeep()).toBe(0);
    nowMs += 1;
    expect(await housekeep()).toBe(1);
    expect([await startOffset(), await records()]).toEqual([2, ['2:c=1']]);
    nowMs += 600;
    await housekeep();
    expect([await startOffset(), await records()]).toEqual([3, []]);
    await append(['d', '1']);
    expect(await records()).toEqual(['3:d=1']);
  });

  it('removes the oldest of a partition that is too large, never its last batch', async () => {
    const size = encodeBatch([{ key: 'a', value: '1', timestamp: 7 }]).bytes.byteLength;
    await create({ policy: 'delete', retentionMs: null, retentionBytes: 2 * size });
    for (let index = 0; index < 5; index++) await append(['a', '1']);
    await housekeep();
    expect([await startOffset(), (await log.topics())[0]?.sizeBytes]).toEqual([3, 2 * size]);
    await append(['a', 'x'.repeat(3 * size)]);
    await housekeep();
    expect(await startOffset()).toBe(5);
    expect((await records()).length).toBe(1);
  });

  it('keeps all when nothing is to go', async () => {
    await create({ policy: 'delete', retentionMs: null, retentionBytes: null });
    await append(['a', '1']);
    nowMs += 1e12;
    expect(await housekeep()).toBe(0);
  });

  it('takes away what deleted topics left, however much, a share at a time', async () => {
    await create({ policy: 'delete', retentionMs: null, retentionBytes: null });
    const one = { topic: 'in', partition: 0, batch: encodeBatch([{ key: 'a', value: '1', timestamp: 7 }]) };
    for (let index = 0; index < 5; index++) await log.append(Array.from({ length: 1000 }, () => one));
    await log.deleteTopics(['in']);
    const first = await log.housekeep();
    expect([first.removedBatches, first.more]).toEqual([4096, true]);
    const second = await log.housekeep();
    expect([second.removedBatches, second.more]).toEqual([904, false]);
    expect((await log.housekeep()).removedBatches).toBe(0);
  });

  it('takes away what a truncation left', async () => {
    await create({ policy: 'delete', retentionMs: null, retentionBytes: null });
    const one = { topic: 'in', partition: 0, batch: encodeBatch([{ key: 'a', value: '1', timestamp: 7 }]) };
    await log.append(Array.from({ length: 1000 }, () => one));
    await log.truncate(['in']);
    expect([await startOffset(), await records()]).toEqual([1000, []]);
    await housekeep();
    expect((await log.topics())[0]?.sizeBytes).toBe(0);
  });
});

describe('compaction', () => {
  it('keeps the last record of each key and everything that is younger than the history', async () => {
    await create({ policy: 'compact', historyMs: 1000, historyBytes: null });
    await append(['a', '1'], ['b', '1'], [null, 'no key']);
    await append(['a', '2']);
    nowMs += 1000;
    await append(['a', '3'], ['b', '2']);
    await append(['a', '4']);
    await housekeep();
    // Nothing that was replaced within the history goes: 1:b and 3:a were the state of their keys until just now.
    const kept = ['1:b=1', '2:-=no key', '3:a=2', '4:a=3', '5:b=2', '6:a=4'];
    expect(await records()).toEqual(kept);
    expect(await startOffset()).toBe(0);
    for (let offset = 0; offset <= 7; offset++) {
      const found = await records(offset);
      expect(found.filter((record) => Number(record.split(':')[0]) >= offset)).toEqual(
        kept.filter((record) => Number(record.split(':')[0]) >= offset),
      );
    }
  });

  it('shortens the history to what its bytes allow', async () => {
    await create({ policy: 'compact', historyMs: 1_000_000, historyBytes: 2_000 });
    for (let index = 0; index < 40; index++) await append(['a', `${index}`.padEnd(100)]);
    await housekeep();
    const left = await records();
    expect(left.at(-1)).toMatch(/^39:a=39/);
    // Each batch takes some 140 bytes: about a dozen fit, and one more stands for all that was before.
    expect(left.length).toBeGreaterThan(5);
    expect(left.length).toBeLessThan(20);
  });

  it('removes tombstones after twice the history, with all that they deleted', async () => {
    await create({ policy: 'compact', historyMs: 1000, historyBytes: null });
    await append(['a', '1'], ['b', '1']);
    await append(['a', null]);
    await append(['end', '1']);
    nowMs += 1000;
    await housekeep();
    expect(await records()).toEqual(['1:b=1', '2:a=-', '3:end=1']);
    nowMs += 1000;
    for (let index = 0; index < 5; index++) await append(['c', `${index}`]);
    nowMs += 1000;
    await housekeep();
    expect(await records()).toEqual(['1:b=1', '3:end=1', '8:c=4']);
  });

  it('never leaves a reader short of the end', async () => {
    await create({ policy: 'compact', historyMs: 0, historyBytes: null });
    await append(['a', '1']);
    await append(['a', null]);
    nowMs += 1_000_000;
    await housekeep();
    expect(await records()).toEqual(['1:a=-']);
    expect((await batchesFrom(0)).at(-1)?.nextOffset).toBe(2);
  });

  it('does not rewrite much for little that is new and old enough', async () => {
    await create({ policy: 'compact', historyMs: 1000, historyBytes: null });
    for (let index = 0; index < 20; index++) await append([`key-${index}`, 'x'.repeat(1000)]);
    await append(['end', '1']);
    nowMs += 1000;
    expect(await housekeep()).toBeGreaterThan(0);
    await append(['key-0', 'new']);
    nowMs += 1000;
    for (let index = 0; index < 40; index++) await append([`key-${index}`, 'y'.repeat(1000)]);
    expect(await housekeep()).toBe(0);
    nowMs += 1000;
    expect(await housekeep()).toBeGreaterThan(0);
    expect((await records()).length).toBe(41);
  });

  it('joins small batches', async () => {
    await create({ policy: 'compact', historyMs: 0, historyBytes: null });
    for (let index = 0; index < 300; index++) await append([`key-${index % 200}`, `${index}`]);
    await housekeep();
    expect((await batchesFrom(0)).length).toBeLessThan(10);
    expect((await records()).length).toBe(200);
    const [topic] = await log.topics();
    const bytes = (await batchesFrom(0)).reduce((sum, batch) => sum + batch.bytes.byteLength, 0);
    expect(topic?.sizeBytes).toBe(bytes);
  });

  const seed = Date.now();
  it(`holds its promises whatever is written (seed ${seed})`, async () => {
    const random = seededRandom(seed);
    const below = (limit: number): number => Math.floor(random() * limit);
    const historyMs = 1000;
    await create({ policy: 'compact', historyMs, historyBytes: null });
    const all: { record: string; offset: number; key: string | null; isTombstone: boolean; appendedAtMs: number }[] =
      [];
    let removed = 0;
    for (let round = 0; round < 60; round++) {
      const changes = Array.from({ length: 1 + below(5) }, (): Change => {
        const value = random() < 0.2 ? null : `é${below(1000)}`;
        return [random() < 0.05 ? null : `k${below(12)}`, value];
      });
      for (const [key, value] of changes) {
        const offset = all.length;
        const record = `${offset}:${key ?? '-'}=${value ?? '-'}`;
        all.push({ record, offset, key, isTombstone: value === null, appendedAtMs: nowMs });
      }
      await append(...changes);
      nowMs += below(300);
      if (random() < 0.4) nowMs += below(1500);
      if (random() < 0.2) {
        await log.close();
        log = await EmbeddedLog.open({ directory, clock: () => nowMs });
      }
      await housekeep();
      const found = await records();
      const known = new Set(all.map(({ record }) => record));
      expect(found.every((record) => known.has(record))).toBe(true);
      const offsets = found.map((record) => Number(record.split(':')[0]));
      expect(offsets).toEqual([...offsets].sort((left, right) => left - right));
      const present = new Set(found);
      const last = new Map(all.map((change) => [change.key, change]));
      for (const change of all) {
        const isLast = change.key === null || last.get(change.key) === change;
        const isRecent = change.appendedAtMs + historyMs > nowMs;
        const isOldTombstone =
          change.isTombstone && change.key !== null && change.appendedAtMs + 2 * historyMs <= nowMs;
        if (isRecent || (isLast && !isOldTombstone)) expect(present.has(change.record), change.record).toBe(true);
      }
      // Whoever reads it from the start ends with the state that all records lead to.
      const state = (list: readonly (typeof all)[number][]): string[] =>
        [...new Map(list.map((change) => [change.key, change])).values()]
          .filter(({ key, isTombstone }) => key !== null && !isTombstone)
          .map(({ record }) => record)
          .sort();
      expect(state(all.filter(({ record }) => present.has(record)))).toEqual(state(all));
      removed = all.length - found.length;
    }
    expect(removed).toBeGreaterThan(0);
  });
});
