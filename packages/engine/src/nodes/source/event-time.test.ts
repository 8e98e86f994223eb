import { describe, expect, it } from 'vitest';
import { MemoryLog } from '../../log/memory-log.ts';
import { encodeBatch } from '../../log/record-batch-builder.ts';
import { validatePipeline } from '../../pipeline/validate-pipeline.ts';
import { type Disk, MemoryWorker } from '../../testing/memory-worker.ts';
import { sketch } from '../../testing/pipeline-sketch.ts';
import { type DriverRecord, TopologyTestDriver, untypedTopic } from '../../testing/topology-test-driver.ts';
import { planTopology } from '../../topology/plan-topology.ts';
import { topicCatalogue } from '../../topology/topic-catalogue.ts';

const pipeline = (source: object) =>
  sketch('p', { s: ['source', { topic: 't', ...source }], o: ['sink', { topic: 'out', partitions: 1 }] }, ['s > o']);

function run(source: object, ...records: readonly Partial<DriverRecord>[]) {
  const driver = new TopologyTestDriver(pipeline(source), [untypedTopic('t')]);
  for (const record of records) driver.pipe('t', { key: 'k', value: {}, timestamp: 50, ...record });
  return {
    driver,
    times: driver.read('out').map(({ timestamp }) => timestamp),
    counters: driver.run.counters().get('s'),
  };
}

const byField = { timestampFrom: 'field', timestampField: 'at' };

describe('event time', () => {
  it('from an expression sees the key, the value, the record’s own time and its headers', () => {
    const expression = (timestampExpression: string) => ({ timestampFrom: 'expression', timestampExpression });
    expect(run(expression('value.seconds * 1000 + timestamp'), { value: { seconds: 2 } }).times).toEqual([2050]);
    expect(run(expression('value.day'), { value: { day: '1970-01-02' } }).times).toEqual([86_400_000]);
    const headers = [{ name: 'at', value: new TextEncoder().encode('7') }];
    expect(run(expression('number(headers.at)'), { headers }).times).toEqual([7]);
  });

  it('from an expression that gives none, or fails, is not valid', () => {
    const expression = { timestampFrom: 'expression', timestampExpression: 'value.a.b' };
    const { counters, driver } = run(
      expression,
      { value: { a: { b: 'noon' } } },
      { value: {} },
      { value: { a: { b: -1 } } },
    );
    expect(counters).toMatchObject({ in: 3, failed: 3 });
    expect(driver.run.failures().map(({ code, path }) => [code, path])).toEqual([
      ['timestamp', ['timestampExpression']],
      ['timestamp', ['timestampExpression']],
      ['timestamp', []],
    ]);
  });

  it('from the clock is the time of reading', () => {
    const driver = new TopologyTestDriver(pipeline({ timestampFrom: 'wall-clock' }), [untypedTopic('t')]);
    driver.run.advanceWallClock(1234);
    driver.pipe('t', { key: 'k', value: 1, timestamp: 50 });
    expect(driver.read('out').map(({ timestamp }) => timestamp)).toEqual([1234]);
  });
});

describe('a record without a valid event time', () => {
  const records = [{ value: { at: 10 } }, { value: { at: 'soon' } }, { value: { at: 5 } }, { value: {} }];

  it('fails, or is dropped and counted', () => {
    expect(run(byField, ...records)).toMatchObject({ times: [10, 5], counters: { in: 4, failed: 2, dropped: 0 } });
    expect(run({ ...byField, invalidTimestamp: 'skip' }, ...records)).toMatchObject({
      times: [10, 5],
      counters: { in: 4, forwarded: 2, filtered: 2, dropped: 2, failed: 0 },
    });
  });

  it('or gets the greatest time of its partition so far, and fails where there was none', () => {
    const soothed = { ...byField, invalidTimestamp: 'partition-time' };
    expect(run(soothed, ...records)).toMatchObject({ times: [10, 10, 5, 10], counters: { in: 4, failed: 0 } });
    expect(run(soothed, { value: {} }, { value: { at: 3 } }, { value: {} })).toMatchObject({
      times: [3, 3],
      counters: { in: 3, failed: 1 },
    });
  });

  it('fails all the same where its value cannot be read', () => {
    const broken = new TextEncoder().encode('{');
    expect(run({ ...byField, invalidTimestamp: 'skip' }, { value: broken })).toMatchObject({
      counters: { in: 1, failed: 1, filtered: 0 },
    });
  });

  it('gets the time that its partition had before a restart', async () => {
    const log = new MemoryLog();
    const cleanup = { policy: 'delete', retentionMs: null, retentionBytes: null } as const;
    await log.ensureTopics([{ name: 't', partitions: 1, role: 'external', cleanup, owner: null }]);
    const append = async (value: string): Promise<void> => {
      await log.append([{ topic: 't', partition: 0, batch: encodeBatch([{ key: 'k', value, timestamp: 0 }]) }]);
    };
    const topology = planTopology(
      pipeline({ ...byField, invalidTimestamp: 'partition-time' }),
      topicCatalogue([untypedTopic('t')]),
    );
    const disk: Disk = new Map();
    await append('{"at":70}');
    await (await MemoryWorker.start(log, topology, disk)).drain();
    await append('{"at":"soon"}');
    await (await MemoryWorker.start(log, topology, disk)).drain();
    const [result] = await log.read([{ topic: 'out', partition: 0, offset: 0 }], {
      maxBytesPerPartition: 1000,
      maxWaitMs: 0,
    });
    expect(result?.batches.flatMap((batch) => [...batch.timestamps])).toEqual([70, 70]);
  });
});

describe('values', () => {
  const bytes = new Uint8Array([0xff, 0x00]);

  it('are read as text or as bytes', () => {
    const value = (source: object, given: Uint8Array) =>
      run(source, { value: given }).driver.written.map(() => 0).length;
    expect(value({ valueFormat: 'text' }, bytes)).toBe(1);
    const driver = new TopologyTestDriver(pipeline({ valueFormat: 'bytes' }), [untypedTopic('t')]);
    driver.pipe('t', { key: 'k', value: bytes, timestamp: 0 });
    driver.pipe('t', { key: 'k', value: null, timestamp: 0 });
    expect(driver.read('out').map((record) => record.value)).toEqual(['/wA=', null]);
  });

  it('that are no UTF-8 are no text, and such a record fails', () => {
    const { counters, driver } = run({ valueFormat: 'text' }, { value: bytes });
    expect(counters).toMatchObject({ in: 1, failed: 1 });
    expect(driver.run.failures()).toMatchObject([
      { code: 'decode', message: 'The value is not valid UTF-8, so it is no text. Read it in the format bytes.' },
    ]);
  });

  it('with whole numbers beyond all digits are refused when they are read, or read as text', () => {
    const nodes = (source: object) =>
      sketch(
        'p',
        {
          s: ['source', { topic: 't', ...source }],
          m: ['map', { value: '{ id: value.id }' }],
          o: ['sink', { topic: 'out', partitions: 1 }],
        },
        ['s > m', 'm > o'],
      );
    const value = new TextEncoder().encode('{"id":9007199254740993}');
    const outcome = (source: object) => {
      const driver = new TopologyTestDriver(nodes(source), [untypedTopic('t')]);
      driver.pipe('t', { key: 'k', value, timestamp: 0 });
      return [driver.read('out').map((record) => record.value), driver.run.counters().get('m')?.failed];
    };
    expect(outcome({})).toEqual([[], 1]);
    expect(outcome({ bigIntegers: 'string' })).toEqual([[{ id: '9007199254740993' }], 0]);
  });

  it('read with such numbers as text are so behind an internal topic too', () => {
    const nodes = {
      s: ['source', { topic: 't', bigIntegers: 'string' }],
      r: ['repartition', { partitions: 2 }],
      m: ['map', { value: '{ id: value.id }' }],
      o: ['sink', { topic: 'out', partitions: 1 }],
    } as const;
    const driver = new TopologyTestDriver(sketch('p', nodes, ['s > r', 'r > m', 'm > o']), [untypedTopic('t')]);
    driver.pipe('t', { key: 'k', value: new TextEncoder().encode('{"id":9007199254740993}'), timestamp: 0 });
    expect(driver.read('out').map((record) => record.value)).toEqual([{ id: '9007199254740993' }]);
  });
});

describe('a table read with caching', () => {
  it('passes on the last change of each row at a commit, with what the row was before', async () => {
    const log = new MemoryLog();
    const cleanup = { policy: 'delete', retentionMs: null, retentionBytes: null } as const;
    await log.ensureTopics([{ name: 't', partitions: 1, role: 'external', cleanup, owner: null }]);
    const topology = planTopology(
      sketch(
        'p',
        { s: ['source', { topic: 't', readAs: 'table' }], o: ['sink', { topic: 'out', partitions: 1 }] },
        ['s > o'],
        { cacheBytes: 1_000_000 },
      ),
      topicCatalogue([untypedTopic('t')]),
    );
    const worker = await MemoryWorker.start(log, topology, new Map());
    const write = async (...values: readonly (readonly [string, string | null])[]) => {
      const records = values.map(([key, value], at) => ({ key, value, timestamp: at }));
      await log.append([{ topic: 't', partition: 0, batch: encodeBatch(records) }]);
      await worker.drain();
    };
    await write(['a', '{"n":1}'], ['b', '{"n":2}'], ['a', '{"n":3}'], ['c', '{}'], ['c', null]);
    await write(['a', null]);
    const [result] = await log.read([{ topic: 'out', partition: 0, offset: 0 }], {
      maxBytesPerPartition: 10_000,
      maxWaitMs: 0,
    });
    const written = result?.batches.flatMap((batch) =>
      Array.from({ length: batch.count }, (_, at) => {
        const value = batch.value(at);
        return [batch.keyByteString(at), value === null ? null : new TextDecoder().decode(value)];
      }),
    );
    expect(written).toEqual([
      ['b', '{"n":2}'],
      ['a', '{"n":3}'],
      ['a', null],
    ]);
  });
});

describe('the settings of a source', () => {
  const found = (source: object) => validatePipeline(pipeline(source), topicCatalogue([untypedTopic('t')])).diagnostics;

  it('are judged one by one', () => {
    expect(found({ timestampFrom: 'expression' })).toMatchObject([
      { code: 'missing-expression', path: ['timestampExpression'] },
    ]);
    expect(found({ timestampFrom: 'expression', timestampExpression: 'timestamp > 5' })).toMatchObject([
      { code: 'not-a-time', path: ['timestampExpression'] },
    ]);
    expect(found({ timestampFrom: 'expression', timestampExpression: 'window.start' })).toMatchObject([
      { path: ['timestampExpression'] },
    ]);
    expect(found({ ...byField, valueFormat: 'text' })).toMatchObject([
      { code: 'value-format', path: ['timestampFrom'], fix: { value: 'record' } },
    ]);
  });

  it('say that a global table goes nowhere but into a join', () => {
    expect(found({ readAs: 'global' })).toMatchObject([{ code: 'wrong-port', node: 'o' }]);
  });
});
