import { bytesToByteString } from '../log/byte-string.ts';
import type { AbortSignalLike, Append, Commit, Log, ReadResult, TopicDescription, TopicSpec } from '../log/log.ts';
import type { RecordBatch } from '../log/record-batch.ts';
import type { ProducedRecord } from '../log/record-batch-builder.ts';
import { encodeBatch, producedRecord } from '../log/record-batch-builder.ts';
import { rejection, type SuiteApi, seededRandom } from './suite-api.ts';

export interface LogHarness {
  readonly name: string;
  /** Chooses the random cases; printed in the names of the tests that use it. */
  readonly seed: number;
  /** false: offsets without a record lie between those of two transactions. */
  readonly denseOffsets?: false | undefined;
  /** false: epochs grow by more than 1. */
  readonly denseEpochs?: false | undefined;
  /** false: a read may see a commit in one partition and not yet in another, and a moment after it was acknowledged. */
  readonly readsAtOneMoment?: false | undefined;
  /** false: what a topic takes on the disk, and so what a read's byte limit means, is not the sum of its batches. */
  readonly exactSizes?: false | undefined;
  /** false: timestamps lose what is less than a millisecond. */
  readonly fractionsOfMilliseconds?: false | undefined;
  open(): Promise<OpenedLog>;
}

export interface OpenedLog {
  readonly log: Log;
  /** Closes the log and opens it again on the same data; for logs that outlive their process. */
  reopen?(): Promise<Log>;
  dispose(): Promise<void>;
}

const application = 'orders';
const atOnce = { maxBytesPerPartition: 1_000_000, maxWaitMs: 0 };

function spec(name: string, properties: Partial<TopicSpec> = {}): TopicSpec {
  const cleanup = { policy: 'delete', retentionMs: null, retentionBytes: null } as const;
  return { name, partitions: 1, role: 'external', cleanup, owner: null, ...properties };
}

function text(key: string | null, value: string | null, timestamp = 0): ProducedRecord {
  return { key, value, timestamp };
}

function append(topic: string, values: readonly string[], partition = 0): Append {
  return { topic, partition, batch: encodeBatch(values.map((value) => text(`key-${value}`, value))) };
}

/** Each record at or after `from` as `offset:value`, in the order given. */
function values(batches: readonly RecordBatch[], from = 0): string[] {
  const found: string[] = [];
  for (const batch of batches) {
    for (let index = 0; index < batch.count; index++) {
      const end = batch.valueEnds[index] ?? -1;
      const value = end < 0 ? '(tombstone)' : batch.text(batch.valueStarts[index] ?? 0, end);
      if (batch.offset(index) >= from) found.push(`${batch.offset(index)}:${value}`);
    }
  }
  return found;
}

/** All records from the offset on, with those that are not decided yet. */
async function readAll(log: Log, topic: string, partition = 0, offset = 0): Promise<string[]> {
  const found: string[] = [];
  let end: number | null = null;
  for (let at = offset; end === null || at < end; ) {
    const maxWaitMs = end === null ? 0 : 100;
    const [result] = (await log.read([{ topic, partition, offset: at }], { ...atOnce, maxWaitMs })) as [ReadResult];
    found.push(...values(result.batches, Math.max(at, result.startOffset)));
    at = Math.max(at, result.nextOffset);
    end ??= result.undecidedEndOffset;
  }
  return found;
}

async function code(action: Promise<unknown>): Promise<unknown> {
  return ((await rejection(action)) as { code?: unknown } | undefined)?.code;
}

function commit(
  tasks: readonly (readonly [taskId: string, epoch: number, offset: number])[],
  appends: readonly Append[] = [],
): Commit {
  return {
    application,
    tasks: tasks.map(([taskId, epoch, offset]) => ({
      taskId,
      epoch,
      positions: [{ topic: 'in', partition: 0, offset }],
      state: `{"read":${offset}}`,
    })),
    appends,
  };
}

/** What every {@link Log} owes its callers, as tests on the real thing. */
export function logConformance(suite: SuiteApi, harness: LogHarness): void {
  const { describe, expect } = suite;
  const { denseOffsets = true, denseEpochs = true, readsAtOneMoment = true, exactSizes = true } = harness;
  /** Offsets as they are where transactions take none. */
  const near = (lines: readonly string[]): readonly string[] =>
    denseOffsets ? lines : lines.map((line) => line.replace(/^\d+:/, ''));
  const size = (sizeBytes: number): object => (exactSizes ? { sizeBytes } : {});
  const it = (name: string, body: (log: Log, opened: OpenedLog) => Promise<void>): void =>
    suite.it(name, async () => {
      const opened = await harness.open();
      try {
        await body(opened.log, opened);
      } finally {
        await opened.dispose();
      }
    });

  describe(`${harness.name}: topics`, () => {
    it('creates what is missing, once', async (log) => {
      await log.ensureTopics([spec('in', { partitions: 3, owner: 'orders', role: 'repartition' })]);
      await log.append([append('in', ['a'], 2)]);
      await log.ensureTopics([spec('in', { partitions: 3, owner: 'orders', role: 'repartition' }), spec('out')]);
      const topics = await log.topics();
      expect(topics.map(({ name }) => name)).toEqual(['in', 'out']);
      expect(topics[0]).toMatchObject({
        ...spec('in', { partitions: 3, owner: 'orders', role: 'repartition' }),
        startOffsets: [0, 0, 0],
        endOffsets: [0, 0, 1],
        ...size(append('in', ['a']).batch.bytes.byteLength),
      });
    });

    it('creates nothing when one topic exists with another shape', async (log) => {
      await log.ensureTopics([spec('in', { partitions: 2 })]);
      for (const other of [
        spec('in', { partitions: 3 }),
        spec('in', { partitions: 2, role: 'audit' }),
        spec('in', { partitions: 2, owner: 'x' }),
      ]) {
        expect(await code(log.ensureTopics([spec('new'), other]))).toBe('topic-conflict');
      }
      expect(await code(log.ensureTopics([spec('new'), spec('new', { partitions: 2 })]))).toBe('topic-conflict');
      expect((await log.topics()).map(({ name }) => name)).toEqual(['in']);
    });

    it('refuses names and partition counts that no topic can have', async (log) => {
      for (const name of ['', 'a b', '../x', '.', '..', 'é', 'a/b', 'x'.repeat(250)]) {
        expect(await code(log.ensureTopics([spec(name)])), name).toBe('invalid-topic');
      }
      for (const partitions of [0, -1, 1.5, Number.NaN]) {
        expect(await code(log.ensureTopics([spec('in', { partitions })]))).toBe('invalid-topic');
      }
      await log.ensureTopics([spec('A-z_0.9'), spec('x'.repeat(249))]);
      expect((await log.topics()).length).toBe(2);
    });

    it('refuses unknown topics, partitions and offsets', async (log) => {
      await log.ensureTopics([spec('in')]);
      await log.append([append('in', ['a'])]);
      expect(await code(log.append([append('no', ['a'])]))).toBe('unknown-topic');
      expect(await code(log.append([append('in', ['a'], 1)]))).toBe('unknown-partition');
      expect(await code(readAll(log, 'no'))).toBe('unknown-topic');
      expect(await code(readAll(log, 'in', 1))).toBe('unknown-partition');
      expect(await code(readAll(log, 'in', 0, 2))).toBe('offset-out-of-range');
      expect(await code(readAll(log, 'in', 0, -1))).toBe('offset-out-of-range');
      expect(await code(log.truncate(['in', 'no']))).toBe('unknown-topic');
      expect(await readAll(log, 'in')).toEqual(['0:a']);
    });

    it('deletes topics, and a new topic of the same name starts at 0', async (log) => {
      await log.ensureTopics([spec('in'), spec('out')]);
      await log.append([append('in', ['a', 'b']), append('out', ['x'])]);
      await log.deleteTopics(['in', 'never-was']);
      expect((await log.topics()).map(({ name }) => name)).toEqual(['out']);
      await log.ensureTopics([spec('in')]);
      expect(await readAll(log, 'in')).toEqual([]);
      expect(await log.append([append('in', ['c'])])).toEqual({ baseOffsets: [0] });
      expect(await readAll(log, 'in')).toEqual(['0:c']);
      expect(await readAll(log, 'out')).toEqual(['0:x']);
    });

    it('truncates topics and lets offsets go on', async (log) => {
      await log.ensureTopics([spec('in', { partitions: 2 }), spec('out')]);
      await log.append([append('in', ['a', 'b']), append('in', ['c'], 1), append('out', ['x'])]);
      await log.truncate(['in']);
      const [{ startOffsets, endOffsets }] = (await log.topics()) as [TopicDescription];
      expect(startOffsets).toEqual(endOffsets);
      if (denseOffsets) expect(endOffsets).toEqual([2, 1]);
      expect((await log.topics())[0]).toMatchObject(size(0));
      const { baseOffsets } = await log.append([append('in', ['d'])]);
      expect(baseOffsets).toEqual([endOffsets[0]]);
      expect(await readAll(log, 'in')).toEqual([`${baseOffsets[0]}:d`]);
      expect(await readAll(log, 'in', 1)).toEqual([]);
      expect(await readAll(log, 'out')).toEqual(['0:x']);
    });

    it('purges what readers have passed, and only where that is the clean-up', async (log) => {
      await log.ensureTopics([spec('kept'), spec('purged', { cleanup: { policy: 'purge' } })]);
      for (const topic of ['kept', 'purged']) {
        await log.append([append(topic, ['a', 'b'])]);
        await log.append([append(topic, ['c', 'd'])]);
      }
      const to = (offset: number) => ['kept', 'purged'].map((topic) => ({ topic, partition: 0, offset }));
      await log.purge(to(3));
      const [purged] = await log.read([{ topic: 'purged', partition: 0, offset: 0 }], { ...atOnce, maxWaitMs: 60_000 });
      expect(purged).toMatchObject({ startOffset: 3, endOffset: 4 });
      expect(await readAll(log, 'purged')).toEqual(['3:d']);
      expect(await readAll(log, 'kept')).toEqual(['0:a', '1:b', '2:c', '3:d']);
      await log.purge(to(1));
      expect((await log.topics())[1]).toMatchObject({ startOffsets: [3], endOffsets: [4] });
      await log.purge(to(4));
      expect((await log.topics())[1]).toMatchObject({ startOffsets: [4], endOffsets: [4], ...size(0) });
      expect(await log.append([append('purged', ['e'])])).toEqual({ baseOffsets: [4] });
      expect(await readAll(log, 'purged')).toEqual(['4:e']);
      expect(await code(log.purge(to(6)))).toBe('offset-out-of-range');
    });
  });

  describe(`${harness.name}: records`, () => {
    it('gives offsets in the order of the appends, also of several to one partition', async (log) => {
      await log.ensureTopics([spec('in', { partitions: 2 })]);
      expect(
        await log.append([append('in', ['a', 'b']), append('in', ['x'], 1), append('in', ['c']), append('in', [])]),
      ).toEqual({ baseOffsets: [0, 0, 2, 3] });
      const { baseOffsets } = await log.append([append('in', ['d'])]);
      if (denseOffsets) expect(baseOffsets).toEqual([3]);
      expect(await readAll(log, 'in')).toEqual(['0:a', '1:b', '2:c', `${baseOffsets[0]}:d`]);
      expect(await readAll(log, 'in', 1)).toEqual(['0:x']);
    });

    it('appends all or nothing', async (log) => {
      await log.ensureTopics([spec('in')]);
      expect(await code(log.append([append('in', ['a']), append('no', ['b'])]))).toBe('unknown-topic');
      expect(await readAll(log, 'in')).toEqual([]);
      expect(await log.append([append('in', ['c'])])).toEqual({ baseOffsets: [0] });
    });

    it('reads many partitions, in the order of the requests', async (log) => {
      await log.ensureTopics([spec('in', { partitions: 2 }), spec('out')]);
      await log.append([append('in', ['a']), append('in', ['b'], 1), append('out', ['c'])]);
      const requests = [
        { topic: 'out', partition: 0, offset: 0 },
        { topic: 'in', partition: 1, offset: 0 },
        { topic: 'in', partition: 0, offset: 1 },
      ];
      const results = await log.read(requests, atOnce);
      expect(results.map(({ topic, partition }) => `${topic}-${partition}`)).toEqual(['out-0', 'in-1', 'in-0']);
      expect(results.map(({ batches }) => values(batches))).toEqual([['0:c'], ['0:b'], []]);
      if (denseOffsets) expect(results.map(({ endOffset }) => endOffset)).toEqual([1, 1, 1]);
      for (const { nextOffset, endOffset, undecidedEndOffset } of results) {
        expect(denseOffsets ? nextOffset === endOffset : nextOffset <= endOffset).toBe(true);
        expect(undecidedEndOffset).toBe(endOffset);
      }
    });

    it('reads from the middle of a batch', async (log) => {
      await log.ensureTopics([spec('in')]);
      await log.append([append('in', ['a', 'b', 'c'])]);
      await log.append([append('in', ['d'])]);
      for (let offset = 0; offset <= 4; offset++) {
        expect(await readAll(log, 'in', 0, offset)).toEqual(['0:a', '1:b', '2:c', '3:d'].slice(offset));
      }
      const [result] = await log.read([{ topic: 'in', partition: 0, offset: 3 }], atOnce);
      expect(result?.batches.map(({ baseOffset }) => baseOffset)).toEqual([3]);
    });

    it('gives one batch at least, and no more after the byte limit', async (log) => {
      await log.ensureTopics([spec('in')]);
      for (const value of ['a', 'b', 'c', 'd']) await log.append([append('in', [value])]);
      const batchBytes = append('in', ['a']).batch.bytes.byteLength;
      const read = async (maxBytesPerPartition: number): Promise<string[]> => {
        const options = { maxBytesPerPartition, maxWaitMs: 0 };
        const [result] = await log.read([{ topic: 'in', partition: 0, offset: 1 }], options);
        expect(result?.endOffset).toBe(4);
        return values(result?.batches ?? []);
      };
      expect(await read(1)).toEqual(['1:b']);
      if (exactSizes) expect(await read(batchBytes + 1)).toEqual(['1:b', '2:c']);
    });

    it('keeps every byte of keys, values, timestamps and headers', async (log) => {
      await log.ensureTopics([spec('in')]);
      const allBytes = Uint8Array.from({ length: 256 }, (_, index) => index);
      const records: ProducedRecord[] = [
        { key: 'plain', value: '{"a":1}', timestamp: 1_700_000_000_000 },
        { key: null, value: 'no key', timestamp: 0 },
        { key: 'gone', value: null, timestamp: -1 },
        { key: '', value: '', timestamp: harness.fractionsOfMilliseconds === false ? 5 : 0.5 },
        { key: null, value: null, timestamp: Number.MAX_SAFE_INTEGER },
        { key: bytesToByteString(allBytes), value: allBytes, timestamp: 1 },
        { key: bytesToByteString(new Uint8Array([0xc3, 0xa9])), value: 'Zürich 東京 🚲', timestamp: 2 },
        {
          key: 'headers',
          value: 'x',
          timestamp: 3,
          headers: [
            { name: 'größe', value: allBytes },
            { name: 'größe', value: null },
            { name: '', value: new Uint8Array() },
          ],
        },
      ];
      await log.append([{ topic: 'in', partition: 0, batch: encodeBatch(records) }]);
      const [result] = await log.read([{ topic: 'in', partition: 0, offset: 0 }], atOnce);
      const batch = result?.batches[0] as RecordBatch;
      expect(batch.count).toBe(records.length);
      records.forEach((record, index) => {
        const expected = typeof record.value === 'string' ? new TextEncoder().encode(record.value) : record.value;
        const { key, value, timestamp, headers } = producedRecord(batch, index);
        expect([key, timestamp]).toEqual([record.key, record.timestamp]);
        expect(value === null ? null : [...(value as Uint8Array)]).toEqual(expected === null ? null : [...expected]);
        expect(
          (headers ?? []).map((header) => [header.name, header.value === null ? null : [...header.value]]),
        ).toEqual(
          (record.headers ?? []).map((header) => [header.name, header.value === null ? null : [...header.value]]),
        );
      });
    });

    it('answers an empty read at once when it must not wait', async (log) => {
      await log.ensureTopics([spec('in')]);
      const [empty] = await log.read([{ topic: 'in', partition: 0, offset: 0 }], atOnce);
      expect(empty).toMatchObject({ topic: 'in', partition: 0, batches: [], startOffset: 0, endOffset: 0 });
      expect(await log.read([], { ...atOnce, maxWaitMs: 60_000 })).toEqual([]);
    });

    it('wakes a waiting read for an append or a commit to what it reads', async (log) => {
      await log.ensureTopics([spec('in'), spec('other')]);
      const wait = (offset: number) =>
        log.read([{ topic: 'in', partition: 0, offset }], { maxBytesPerPartition: 1_000_000, maxWaitMs: 60_000 });
      const first = wait(0);
      await log.append([append('other', ['x'])]);
      await log.append([append('in', ['a'])]);
      expect(values((await first)[0]?.batches ?? [])).toEqual(['0:a']);
      const second = wait(1);
      await log.commit(commit([], [append('in', ['b'])]));
      expect(values((await second)[0]?.batches ?? [])).toEqual(['1:b']);
    });

    it('ends a wait early when told to', async (log) => {
      await log.ensureTopics([spec('in')]);
      const signal = new TestSignal();
      const options = { maxBytesPerPartition: 1_000_000, maxWaitMs: 60_000, signal };
      const waiting = log.read([{ topic: 'in', partition: 0, offset: 0 }], options);
      signal.abort();
      expect((await waiting)[0]).toMatchObject({ batches: [], endOffset: 0 });
      expect((await log.read([{ topic: 'in', partition: 0, offset: 0 }], options))[0]).toMatchObject({ batches: [] });
      expect(signal.listeners.size).toBe(0);
    });

    it('shows a commit in all partitions or in none', async (log) => {
      const topics = ['a', 'b', 'c'];
      await log.ensureTopics(topics.map((topic) => spec(topic)));
      const lists: string[][] = topics.map(() => []);
      let mixed = 0;
      let seen = 0;
      const reader = async (): Promise<void> => {
        const positions = topics.map((topic) => ({ topic, partition: 0, offset: 0 }));
        while (seen < 50) {
          const results = await log.read(positions, { maxBytesPerPartition: 1_000_000, maxWaitMs: 60_000 });
          if (!readsAtOneMoment) {
            for (const [index, { nextOffset, batches }] of results.entries()) {
              const list = values(batches, positions[index]?.offset).map((line) => line.replace(/^\d+:/, ''));
              lists[index]?.push(...list);
              (positions[index] as { offset: number }).offset = nextOffset;
            }
            seen = Math.min(...lists.map(({ length }) => length));
            continue;
          }
          if (new Set(results.map(({ endOffset }) => endOffset)).size !== 1) mixed++;
          const records = results.map(({ batches }) => values(batches, positions[0]?.offset).length);
          if (new Set(records).size !== 1) mixed++;
          seen = results[0]?.endOffset ?? 0;
          for (const position of positions) position.offset = seen;
        }
      };
      const reading = reader();
      for (let round = 0; round < 50; round++) {
        await log.commit(
          commit(
            [],
            topics.map((topic) => append(topic, [`${round}`])),
          ),
        );
      }
      await reading;
      for (const list of readsAtOneMoment ? [] : lists)
        expect(list).toEqual(Array.from({ length: 50 }, (_, round) => `${round}`));
      expect(mixed).toBe(0);
      expect(seen).toBe(50);
    });

    it(`agrees with a plain list, whatever is appended and read (seed ${harness.seed})`, async (log) => {
      const random = seededRandom(harness.seed);
      const below = (limit: number): number => Math.floor(random() * limit);
      await log.ensureTopics([spec('in', { partitions: 3 })]);
      const expected: string[][] = [[], [], []];
      const ends = [0, 0, 0];
      for (let round = 0; round < 40; round++) {
        const lists = Array.from({ length: 1 + below(4) }, () => ({
          partition: below(3),
          list: Array.from({ length: below(6) }, () => `é${below(1_000_000)}`.slice(below(2))),
        }));
        const appends = lists.map(({ partition, list }) => append('in', list, partition));
        const { baseOffsets } = await log.append(appends);
        lists.forEach(({ partition, list }, index) => {
          const base = baseOffsets[index] as number;
          const end = ends[partition] as number;
          expect(denseOffsets ? base === end : base >= end).toBe(true);
          expected[partition]?.push(...list.map((value, at) => `${base + at}:${value}`));
          ends[partition] = Math.max(end, base + list.length);
        });
        const partition = below(3);
        const offset = below((ends[partition] as number) + 1);
        const later = (expected[partition] ?? []).filter((line) => Number.parseInt(line, 10) >= offset);
        expect(await readAll(log, 'in', partition, offset)).toEqual(later);
      }
    });
  });

  describe(`${harness.name}: commits`, () => {
    it('makes outputs, positions and state durable together', async (log) => {
      await log.ensureTopics([spec('in'), spec('out', { partitions: 2 })]);
      expect(await log.committed(application, '0_0')).toBe(null);
      const [epoch] = await log.fence(application, ['0_0']);
      const state = '{"streamTime":17,"name":"Zürich 🚲"}';
      const positions = [
        { topic: 'in', partition: 0, offset: 0 },
        { topic: 'out', partition: 1, offset: 9 },
      ];
      const result = await log.commit({
        application,
        tasks: [{ taskId: '0_0', epoch: epoch as number, positions, state }],
        appends: [append('out', ['a', 'b']), append('out', ['c'], 1), append('out', ['d'])],
      });
      expect(result).toEqual({ baseOffsets: [0, 0, 2] });
      expect(await log.committed(application, '0_0')).toEqual({ epoch, positions, state });
      expect(await log.committed('another', '0_0')).toBe(null);
      expect(await readAll(log, 'out')).toEqual(['0:a', '1:b', '2:d']);
    });

    it('keeps what was committed when its caller uses the bytes again', async (log) => {
      await log.ensureTopics([spec('in'), spec('out', { partitions: 2 })]);
      const [epoch] = (await log.fence(application, ['0_0'])) as [number];
      const appends = [append('out', ['a', 'b']), append('out', ['c'], 1)];
      await log.commit(commit([['0_0', epoch, 5]], appends));
      for (const { batch } of appends) batch.bytes.fill(0xff);
      await log.commit(commit([['0_0', epoch, 6]], [append('out', ['d', 'e']), append('out', ['f'], 1)]));
      // Offsets are as they may be; values are what counts.
      const kept = (await readAll(log, 'out')).map((line) => line.slice(line.indexOf(':') + 1));
      expect(kept).toEqual(['a', 'b', 'd', 'e']);
    });

    it('leaves nothing behind when it is refused', async (log) => {
      await log.ensureTopics([spec('in'), spec('out')]);
      const [epoch] = (await log.fence(application, ['0_0'])) as [number];
      const refused = commit([['0_0', epoch, 5]], [append('out', ['a']), append('no', ['b'])]);
      expect(await code(log.commit(refused))).toBe('unknown-topic');
      expect(await code(log.commit(commit([['0_0', epoch, 5]], [append('out', ['a']), append('out', ['b'], 7)])))).toBe(
        'unknown-partition',
      );
      expect(await log.committed(application, '0_0')).toBe(null);
      expect(await readAll(log, 'out')).toEqual([]);
      expect((await log.topics()).map(({ endOffsets }) => endOffsets)).toEqual([[0], [0]]);
    });

    it('gives ever greater epochs and refuses the old ones', async (log) => {
      await log.ensureTopics([spec('in'), spec('out')]);
      const [old] = (await log.fence(application, ['0_0'])) as [number];
      await log.commit(commit([['0_0', old, 1]], [append('out', ['by old'])]));
      const [other, next] = (await log.fence(application, ['0_1', '0_0'])) as [number, number];
      expect([old > 0, other > 0, next > old]).toEqual([true, true, true]);
      const late = log.commit(commit([['0_0', old, 2]], [append('out', ['too late'])]));
      expect(await code(late)).toBe('fenced');
      expect(await log.committed(application, '0_0')).toMatchObject({ epoch: old, state: '{"read":1}' });
      await log.commit(commit([['0_0', next, 3]], [append('out', ['by new'])]));
      expect(await log.committed(application, '0_0')).toMatchObject({ epoch: next, state: '{"read":3}' });
      expect(near(await readAll(log, 'out'))).toEqual(near(['0:by old', '1:by new']));
    });

    it('refuses a commit of two tasks when one of them is stale, and keeps nothing of either', async (log) => {
      await log.ensureTopics([spec('in'), spec('out')]);
      const [first, second] = (await log.fence(application, ['0_0', '0_1'])) as [number, number];
      await log.fence(application, ['0_1']);
      const tasks = [
        ['0_0', first, 4],
        ['0_1', second, 4],
      ] as const;
      expect(await code(log.commit(commit(tasks, [append('out', ['x'])])))).toBe('fenced');
      expect(await log.committed(application, '0_0')).toBe(null);
      expect(await log.committed(application, '0_1')).toBe(null);
      expect(await readAll(log, 'out')).toEqual([]);
      await log.commit(commit([['0_0', first, 4]], [append('out', ['y'])]));
      expect(await readAll(log, 'out')).toEqual(['0:y']);
    });

    it('keeps tasks of different pipelines apart', async (log) => {
      const [epoch] = (await log.fence('one', ['0_0'])) as [number];
      expect(await log.fence('two', ['0_0'])).toEqual(await log.fence('three', ['0_0']));
      await log.commit({ ...commit([['0_0', epoch, 1]]), application: 'one' });
      expect(await log.committed('two', '0_0')).toBe(null);
    });

    it('refuses overtaken commits also when they are under way together', async (log) => {
      await log.ensureTopics([spec('in'), spec('out')]);
      const [epoch] = (await log.fence(application, ['0_0'])) as [number];
      const outcomes = await Promise.all([
        code(log.commit(commit([['0_0', epoch, 1]], [append('out', ['a'])]))),
        log.fence(application, ['0_0']),
        code(log.commit(commit([['0_0', epoch, 2]], [append('out', ['b'])]))),
      ]);
      expect([outcomes[0], outcomes[2]]).toEqual([undefined, 'fenced']);
      expect(await readAll(log, 'out')).toEqual(['0:a']);
      expect(await log.committed(application, '0_0')).toMatchObject({ state: '{"read":1}' });
    });

    it('forgets positions on reset, not epochs', async (log) => {
      const [epoch] = (await log.fence(application, ['0_0'])) as [number];
      await log.commit(commit([['0_0', epoch, 7]]));
      await log.resetTasks(application, ['0_0', 'never-was']);
      expect(await log.committed(application, '0_0')).toBe(null);
      const [next] = (await log.fence(application, ['0_0'])) as [number];
      expect(denseEpochs ? next === epoch + 1 : next > epoch).toBe(true);
      expect(await code(log.commit(commit([['0_0', epoch, 8]])))).toBe('fenced');
    });

    it('keeps what a task committed when it is fenced', async (log) => {
      const [epoch] = (await log.fence(application, ['0_0'])) as [number];
      await log.commit(commit([['0_0', epoch, 7]]));
      await log.fence(application, ['0_0']);
      expect(await log.committed(application, '0_0')).toMatchObject({ epoch, state: '{"read":7}' });
    });
  });

  describe(`${harness.name}: life`, () => {
    it('keeps everything over a restart', async (log, opened) => {
      if (opened.reopen === undefined) return;
      await log.ensureTopics([spec('in', { partitions: 2 }), spec('cut', { cleanup: { policy: 'purge' } })]);
      const [epoch] = (await log.fence(application, ['0_0'])) as [number];
      await log.commit(commit([['0_0', epoch, 3]], [append('in', ['a', 'b'], 1), append('cut', ['x', 'y'])]));
      await log.purge([{ topic: 'cut', partition: 0, offset: 1 }]);
      expect(await readAll(log, 'cut')).toEqual(['1:y']);
      expect(await readAll(log, 'in', 1)).toEqual(['0:a', '1:b']);
      const before = await log.topics();
      const again = await opened.reopen();
      expect(await again.topics()).toEqual(before);
      expect(await readAll(again, 'in', 1)).toEqual(['0:a', '1:b']);
      expect(await readAll(again, 'cut')).toEqual(['1:y']);
      expect(await again.committed(application, '0_0')).toMatchObject({ epoch, state: '{"read":3}' });
      const [next] = (await again.fence(application, ['0_0'])) as [number];
      expect(denseEpochs ? next === epoch + 1 : next > epoch).toBe(true);
      const { baseOffsets } = await again.append([append('in', ['c'], 1)]);
      expect(baseOffsets).toEqual([before.find(({ name }) => name === 'in')?.endOffsets[1]]);
    });

    it('answers nothing after it was closed, and ends waits', async (log) => {
      await log.ensureTopics([spec('in')]);
      const waiting = code(
        log.read([{ topic: 'in', partition: 0, offset: 0 }], { maxBytesPerPartition: 1, maxWaitMs: 60_000 }),
      );
      await log.close();
      expect(await waiting).toBe('closed');
      await log.close();
      for (const call of [
        log.topics(),
        log.ensureTopics([spec('out')]),
        log.deleteTopics(['in']),
        readAll(log, 'in'),
        log.append([append('in', ['a'])]),
        log.commit(commit([])),
        log.fence(application, ['0_0']),
        log.committed(application, '0_0'),
        log.resetTasks(application, ['0_0']),
        log.purge([]),
        log.truncate(['in']),
      ]) {
        expect(await code(call)).toBe('closed');
      }
    });
  });
}

class TestSignal implements AbortSignalLike {
  aborted = false;
  readonly listeners = new Set<() => void>();

  addEventListener(_type: 'abort', listener: () => void): void {
    this.listeners.add(listener);
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    this.listeners.delete(listener);
  }

  abort(): void {
    this.aborted = true;
    for (const listener of [...this.listeners]) listener();
  }
}
