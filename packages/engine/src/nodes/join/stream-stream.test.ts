import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { missingFates } from '../../metrics/fates.ts';
import { sketch } from '../../testing/pipeline-sketch.ts';
import { TopologyTestDriver, untypedTopic } from '../../testing/topology-test-driver.ts';

const topics = [untypedTopic('l'), untypedTopic('r'), untypedTopic('out')];

function join(config: object, settings: object = {}): TopologyTestDriver {
  const nodes = {
    l: ['source', { topic: 'l' }],
    r: ['source', { topic: 'r' }],
    j: ['join', { value: '[left, right]', beforeMs: 10, afterMs: 10, ...config }],
    o: ['sink', { topic: 'out' }],
  } as const;
  return new TopologyTestDriver(sketch('p', nodes, ['l > j.left', 'r > j.right', 'j > o'], settings), topics);
}

type Piped = readonly [topic: 'l' | 'r', key: unknown, value: unknown, timestamp: number];

const pipe = (driver: TopologyTestDriver, ...records: readonly Piped[]): void => {
  for (const [topic, key, value, timestamp] of records) driver.pipe(topic, { key, value, timestamp });
};

const outputs = (driver: TopologyTestDriver) =>
  driver.read('out').map(({ key, value, timestamp }) => [key, value, timestamp]);

describe('an inner join of streams', () => {
  it('pairs each record with all of its key in the window, whichever came first, at the later time', () => {
    const driver = join({ beforeMs: 5, afterMs: 10 });
    pipe(driver, ['r', 'a', 'r95', 95], ['r', 'a', 'r94', 94], ['r', 'b', 'other', 100], ['l', 'a', 'l100', 100]);
    expect(outputs(driver)).toEqual([['a', ['l100', 'r95'], 100]]);
    pipe(driver, ['r', 'a', 'r110', 110], ['r', 'a', 'r111', 111]);
    expect(outputs(driver)).toEqual([['a', ['l100', 'r110'], 110]]);
    expect(driver.run.counters().get('j')).toMatchObject({ in: 6, forwarded: 2, absorbed: 4, out: 2 });
  });

  it('gives partners in the order of their times, equal times in that of arrival, and keeps duplicates', () => {
    const driver = join({});
    pipe(driver, ['r', 'a', 1, 9], ['r', 'a', 2, 5], ['r', 'a', 3, 5], ['r', 'a', 3, 5], ['l', 'a', 0, 10]);
    expect(outputs(driver).map(([, value]) => value)).toEqual([
      [0, 2],
      [0, 3],
      [0, 3],
      [0, 1],
    ]);
  });

  it('drops records without a value or a key, and accounts for them', () => {
    const driver = join({});
    pipe(driver, ['l', 'a', null, 1], ['l', null, 1, 2], ['r', null, 1, 3], ['r', null, null, 4]);
    expect(outputs(driver)).toEqual([]);
    expect(driver.run.counters().get('j')).toMatchObject({ in: 4, filtered: 2, nullKey: 2, dropped: 4 });
  });

  it('lets a late record meet what is kept, and keeps it only as long as its window and the grace', () => {
    const driver = join({ graceMs: 5 });
    pipe(driver, ['r', 'a', 'r100', 100], ['l', 'b', 'later', 130], ['l', 'a', 'late', 105]);
    expect(outputs(driver)).toEqual([['a', ['late', 'r100'], 105]]);
    // 25 ms are kept: the left record of 105 has gone from a store that has seen 130.
    pipe(driver, ['r', 'a', 'r106', 106]);
    expect(outputs(driver)).toEqual([]);
    pipe(driver, ['l', 'c', 'lost', 104]);
    expect(driver.run.counters().get('j')).toMatchObject({ late: 1 });
  });

  it('keeps what a longer key holds apart from a shorter one that it begins with', () => {
    const driver = join({});
    const long = `a${'\0'.repeat(7)}\x05`;
    pipe(driver, ['r', long, 'long', 5], ['r', 'a', 'short', 5], ['l', 'a', 'left', 6]);
    expect(outputs(driver)).toEqual([['a', ['left', 'short'], 6]]);
  });

  it('finds what it should among many, as a look at all pairs does', () => {
    const record = fc.record({
      side: fc.constantFrom('l' as const, 'r' as const),
      key: fc.constantFrom('a', 'b'),
      timestamp: fc.nat({ max: 5_000 }),
    });
    fc.assert(
      fc.property(
        fc.array(record, { maxLength: 60 }),
        fc.nat({ max: 2_000 }),
        fc.nat({ max: 2_000 }),
        (records, beforeMs, afterMs) => {
          // With all the grace that there may be, nothing is late.
          const driver = join({ beforeMs, afterMs, graceMs: 10_000 });
          pipe(driver, ...records.map(({ side, key, timestamp }, id): Piped => [side, key, id, timestamp]));
          const expected = records.flatMap((left, id) =>
            records.flatMap((right, other) =>
              left.side === 'l' &&
              right.side === 'r' &&
              left.key === right.key &&
              left.timestamp - beforeMs <= right.timestamp &&
              right.timestamp <= left.timestamp + afterMs
                ? [JSON.stringify([left.key, [id, other], Math.max(left.timestamp, right.timestamp)])]
                : [],
            ),
          );
          const found = outputs(driver).map((output) => JSON.stringify(output));
          expect(found.toSorted()).toEqual(expected.toSorted());
          expect(driver.rows('p-j-left').length).toBe(records.filter(({ side }) => side === 'l').length);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('drops what has expired from its stores', () => {
    const driver = join({ beforeMs: 1_000, afterMs: 1_000, graceMs: 0 });
    for (let at = 0; at < 100_000; at += 500) pipe(driver, ['l', 'a', at, at]);
    const kept = driver.rows('p-j-left').map(({ timestamp }) => timestamp);
    expect(Math.min(...kept)).toBeGreaterThan(94_000);
  });
});

describe('left and outer joins of streams', () => {
  it('keep a record without a partner once stream time has passed its window and the grace, when the next one comes', () => {
    const driver = join({ type: 'left', graceMs: 5 });
    pipe(driver, ['l', 'a', 'A', 100], ['r', 'x', 'X', 115]);
    expect(outputs(driver)).toEqual([]);
    pipe(driver, ['r', 'x', 'X', 116]);
    expect(outputs(driver)).toEqual([['a', ['A', null], 100]]);
    expect(driver.run.counters().get('j')).toMatchObject({ in: 3, absorbed: 3, timed: 1, out: 0 });
    expect(driver.rows('p-j-unmatched-left')).toEqual([]);
  });

  it('forget that a record waited when its partner comes, all its duplicates too', () => {
    const driver = join({ type: 'left' });
    pipe(driver, ['l', 'a', 'A', 100], ['l', 'a', 'AA', 100], ['l', 'b', 'B', 100], ['r', 'a', 'R', 105]);
    pipe(driver, ['r', 'x', 'X', 200]);
    expect(outputs(driver)).toEqual([
      ['a', ['A', 'R'], 105],
      ['a', ['AA', 'R'], 105],
      ['b', ['B', null], 100],
    ]);
  });

  it('of an outer join keep both sides, in the order of time, the right one first', () => {
    const driver = join({ type: 'outer' });
    pipe(driver, ['l', 'b', 'B', 100], ['l', 'a', 'A', 100], ['r', 'c', 'C', 100], ['r', 'd', 'D', 99]);
    pipe(driver, ['l', 'x', 'X', 200]);
    expect(outputs(driver)).toEqual([
      ['d', [null, 'D'], 99],
      ['c', [null, 'C'], 100],
      ['a', ['A', null], 100],
      ['b', ['B', null], 100],
    ]);
  });

  it('keep records without a key at once', () => {
    const driver = join({ type: 'outer' });
    pipe(driver, ['l', null, 'A', 1], ['r', null, 'B', 2]);
    expect(outputs(driver)).toEqual([
      [null, ['A', null], 1],
      [null, [null, 'B'], 2],
    ]);
    const left = join({ type: 'left' });
    pipe(left, ['l', null, 'A', 1], ['r', null, 'B', 2]);
    expect(outputs(left)).toEqual([[null, ['A', null], 1]]);
    expect(left.run.counters().get('j')).toMatchObject({ forwarded: 1, nullKey: 1 });
  });

  it('give what was kept alone the headers of the record that moved time on', () => {
    const driver = join({ type: 'left' });
    const header = (text: string) => [{ name: 'h', value: new TextEncoder().encode(text) }];
    driver.pipe('l', { key: 'a', value: 'A', timestamp: 0, headers: header('own') });
    driver.pipe('r', { key: 'b', value: 'B', timestamp: 100, headers: header('mover') });
    expect(driver.written.find(({ topic }) => topic === 'out')?.headers).toEqual(header('mover'));
  });

  it('say what waits when a run is closed', () => {
    const driver = join({ type: 'outer' });
    pipe(driver, ['l', 'a', 'A', 1], ['r', 'b', 'B', 2]);
    driver.run.close();
    expect(outputs(driver)).toEqual([
      ['a', ['A', null], 1],
      ['b', [null, 'B'], 2],
    ]);
  });

  it('wait for the wall clock where the pipeline throttles them', () => {
    const driver = join({ type: 'left' }, { emitIntervalMs: 1_000 });
    driver.run.advanceWallClock(0);
    pipe(driver, ['l', 'a', 'A', 0], ['l', 'b', 'B', 20], ['l', 'c', 'C', 40]);
    expect(outputs(driver)).toEqual([['a', ['A', null], 0]]);
    driver.run.advanceWallClock(1_000);
    pipe(driver, ['l', 'd', 'D', 60]);
    expect(outputs(driver)).toEqual([
      ['b', ['B', null], 20],
      ['c', ['C', null], 40],
    ]);
  });

  it('make a dead letter of a row whose value cannot be made, and go on with the record that moved time', () => {
    const driver = join({ type: 'left', value: '[left, right.length]' });
    pipe(driver, ['l', 'a', 'A', 0], ['l', 'b', 'B', 1], ['r', 'c', 'X', 100], ['l', 'c', 'C', 101]);
    expect(outputs(driver)).toEqual([['c', ['C', 1], 101]]);
    expect(driver.run.failures()).toMatchObject([
      { node: 'j', port: 'left', timestamp: 0, record: '{"key":"a","value":"A"}', topic: 'r' },
      { node: 'j', port: 'left', timestamp: 1, record: '{"key":"b","value":"B"}', topic: 'r' },
    ]);
    const letters = driver.written.filter(({ topic }) => topic === 'p-dead-letters');
    expect(letters.map(({ key, timestamp }) => [key, timestamp])).toEqual([
      ['a', 0],
      ['b', 1],
    ]);
    expect(driver.run.counters().get('j')).toMatchObject({ in: 4, absorbed: 1, forwarded: 1, failed: 2 });
    for (const [node, counters] of driver.run.counters()) expect([node, missingFates(counters)]).toEqual([node, 0]);
  });
});

describe('a join of a stream with itself', () => {
  it('joins a record with those before, those before with it, and it with itself', () => {
    const nodes = {
      l: ['source', { topic: 'l' }],
      j: ['join', { value: '[left, right]', beforeMs: 10, afterMs: 10 }],
      o: ['sink', { topic: 'out' }],
    } as const;
    const driver = new TopologyTestDriver(sketch('p', nodes, ['l > j.left', 'l > j.right', 'j > o']), topics);
    pipe(driver, ['l', 'a', 1, 1], ['l', 'a', 2, 5]);
    expect(outputs(driver)).toEqual([
      ['a', [1, 1], 1],
      ['a', [2, 1], 5],
      ['a', [1, 2], 5],
      ['a', [2, 2], 5],
    ]);
  });
});

describe('a join of streams by keys of its own', () => {
  const keyed = (type: string, partitions: readonly [number, number]) => {
    const nodes = {
      l: ['source', { topic: 'l' }],
      r: ['source', { topic: 'r' }],
      j: [
        'join',
        {
          type,
          value: '[left.n, right?.n]',
          beforeMs: 10,
          afterMs: 10,
          leftKey: 'value.id',
          rightKey: 'value.id',
          keyFormat: 'int32',
        },
      ],
      o: ['sink', { topic: 'out' }],
    } as const;
    return new TopologyTestDriver(sketch('p', nodes, ['l > j.left', 'r > j.right', 'j > o']), [
      untypedTopic('l', partitions[0]),
      untypedTopic('r', partitions[1]),
      untypedTopic('out'),
    ]);
  };

  it('moves both sides so that equal keys meet, whatever the partitions of their topics', () => {
    const driver = keyed('inner', [3, 2]);
    for (let id = 0; id < 9; id++) {
      driver.pipe('l', { key: `l${id}`, value: { id, n: id }, timestamp: id, partition: id % 3 });
      driver.pipe('r', { key: `r${id}`, value: { id, n: -id }, timestamp: id, partition: id % 2 });
    }
    const found = driver.read('out', 'int32').map(({ key, value }) => [key, value]);
    expect(found).toEqual(Array.from({ length: 9 }, (_, id) => [id, [id, id === 0 ? 0 : -id]]));
    const moved = driver.topology.topics.filter(({ name }) => name.endsWith('-repartition'));
    expect(moved.map(({ name, partitions }) => [name, partitions])).toEqual([
      ['p-j-left-repartition', 3],
      ['p-j-right-repartition', 3],
    ]);
  });

  it('keeps records whose key is null where it keeps those without a partner', () => {
    const driver = keyed('left', [1, 1]);
    driver.pipe('l', { key: 'x', value: { id: null, n: 1 }, timestamp: 1 });
    driver.pipe('r', { key: 'x', value: { id: null, n: 2 }, timestamp: 2 });
    expect(driver.read('out', 'int32').map(({ key, value }) => [key, value])).toEqual([[null, [1, null]]]);
    expect(driver.run.counters().get('j')).toMatchObject({ in: 2, forwarded: 1, nullKey: 1 });
  });
});
