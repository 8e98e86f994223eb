import { describe, expect, it } from 'vitest';
import type { KeyFormat } from '../../log/key-format.ts';
import { missingFates } from '../../metrics/fates.ts';
import { validatePipeline } from '../../pipeline/validate-pipeline.ts';
import { type SketchedNode, sketch } from '../../testing/pipeline-sketch.ts';
import { RestartingDriver } from '../../testing/restarting-driver.ts';
import { type DriverRecord, TopologyTestDriver, untypedTopic } from '../../testing/topology-test-driver.ts';
import { topicCatalogue } from '../../topology/topic-catalogue.ts';

type Nodes = { readonly [id: string]: SketchedNode };

const topics = [untypedTopic('l', 2), untypedTopic('r', 3), untypedTopic('s', 2), untypedTopic('out')];

const pipelineOf = (
  config: object,
  { table = {}, nodes = {}, edges = ['l > j.left', 'j > o'] as readonly string[] } = {},
) =>
  sketch(
    'p',
    {
      l: ['source', { topic: 'l', readAs: 'table', ...table }],
      r: ['source', { topic: 'r', readAs: 'table', ...table }],
      j: ['join', { type: 'inner', foreignKey: 'value.fk', value: '[left.v, right]', ...config }],
      o: ['sink', { topic: 'out' }],
      ...(nodes as Nodes),
    },
    ['r > j.right', ...edges],
  );

const left = (timestamp: number, key: string, v: number, fk: unknown): DriverRecord => ({
  key,
  value: { v, fk },
  timestamp,
});
const at = (timestamp: number, key: string, value: unknown): DriverRecord => ({ key, value, timestamp });

/** The same with one partition each, where all results have one order. */
const onePartition = topics.map(({ name }) => untypedTopic(name));

function driving(type: 'inner' | 'left', { table = {}, of = topics } = {}) {
  const driver = new TopologyTestDriver(pipelineOf({ type }, { table }), of);
  /** What comes out of one record. */
  const pipe = (topic: string, record: DriverRecord) => {
    driver.pipe(topic, record);
    return driver.read('out').map(({ key, value, timestamp }) => [key, value, timestamp]);
  };
  return { driver, pipe };
}

describe('an inner join by a foreign key', () => {
  it('joins a left row with the right row that it refers to, with the later time of both', () => {
    const { driver, pipe } = driving('inner');
    expect(pipe('r', at(5, 'r1', 'one'))).toEqual([]);
    expect(pipe('l', left(3, 'a', 1, 'r1'))).toEqual([['a', [1, 'one'], 5]]);
    expect(pipe('l', left(8, 'b', 2, 'r1'))).toEqual([['b', [2, 'one'], 8]]);
    expect(pipe('l', left(9, 'c', 3, 'r2'))).toEqual([]);
    expect(pipe('l', at(9, 'a', null))).toEqual([['a', null, 9]]);
    expect(pipe('l', at(9, 'never', null))).toEqual([]);
    expect(driver.run.failures()).toEqual([]);
    const counters = driver.run.counters().get('j');
    expect(counters && missingFates(counters)).toBe(0);
  });

  it('joins anew what refers to a right row that changes, in the order of the keys, with the time of the change', () => {
    const { pipe } = driving('inner', { of: onePartition });
    for (const key of ['b', 'a', 'ab', 'B', ' ']) pipe('l', left(9, key, 1, 'r1'));
    pipe('l', left(9, 'other', 1, 'r11'));
    expect(pipe('r', at(4, 'r1', 'new'))).toEqual([' ', 'B', 'a', 'ab', 'b'].map((key) => [key, [1, 'new'], 4]));
    expect(pipe('r', at(5, 'r1', null))).toEqual([' ', 'B', 'a', 'ab', 'b'].map((key) => [key, null, 5]));
    expect(pipe('r', at(5, 'r2', 'nobody'))).toEqual([]);
  });

  it('deletes what was joined when a row moves to one that is not there, even if it may be nothing', () => {
    const { pipe } = driving('inner');
    expect(pipe('l', left(0, 'a', 1, 'r1'))).toEqual([]);
    expect(pipe('l', left(1, 'a', 1, 'r2'))).toEqual([['a', null, 1]]);
    expect(pipe('l', left(2, 'a', 1, 'r3'))).toEqual([['a', null, 2]]);
    expect(pipe('r', at(3, 'r1', 'one'))).toEqual([]);
    expect(pipe('l', left(4, 'a', 1, 'r1'))).toEqual([['a', [1, 'one'], 4]]);
    expect(pipe('l', left(5, 'a', 1, 'r2'))).toEqual([['a', null, 5]]);
  });

  it('no longer hears of the right row that a row moved away from', () => {
    const { pipe } = driving('inner');
    pipe('r', at(0, 'r1', 'one'));
    pipe('r', at(1, 'r2', 'two'));
    pipe('l', left(2, 'a', 1, 'r1'));
    expect(pipe('l', left(3, 'a', 1, 'r2'))).toEqual([['a', [1, 'two'], 3]]);
    expect(pipe('r', at(4, 'r1', 'more'))).toEqual([]);
  });

  it('says nothing of a row that goes on referring to what is not there', () => {
    const { pipe } = driving('inner');
    expect(pipe('l', left(0, 'a', 1, 'r1'))).toEqual([]);
    expect(pipe('l', left(1, 'a', 2, 'r1'))).toEqual([]);
    expect(pipe('r', at(2, 'r1', 'one'))).toEqual([['a', [2, 'one'], 2]]);
  });

  it('drops and counts rows without a foreign key, and deletes what they were joined to', () => {
    const { driver, pipe } = driving('inner');
    pipe('r', at(0, 'r1', 'one'));
    expect(pipe('l', left(1, 'a', 1, null))).toEqual([]);
    expect(pipe('l', left(2, 'a', 1, 'r1'))).toEqual([['a', [1, 'one'], 2]]);
    expect(pipe('l', left(3, 'a', 1, null))).toEqual([['a', null, 3]]);
    expect(pipe('r', at(4, 'r1', 'more'))).toEqual([]);
    expect(pipe('l', at(5, 'a', null))).toEqual([]);
    expect(driver.run.counters().get('j')).toMatchObject({ nullKey: 2, dropped: 2 });
  });
});

describe('a left join by a foreign key', () => {
  it('keeps left rows without a right one', () => {
    const { pipe } = driving('left');
    expect(pipe('l', left(0, 'a', 1, 'r1'))).toEqual([['a', [1, null], 0]]);
    expect(pipe('l', left(1, 'a', 1, 'r2'))).toEqual([['a', [1, null], 1]]);
    expect(pipe('r', at(2, 'r1', 'one'))).toEqual([]);
    expect(pipe('l', left(3, 'a', 1, 'r1'))).toEqual([['a', [1, 'one'], 3]]);
    expect(pipe('r', at(4, 'r1', null))).toEqual([['a', [1, null], 4]]);
    expect(pipe('l', left(5, 'a', 1, null))).toEqual([['a', [1, null], 5]]);
    expect(pipe('l', at(6, 'a', null))).toEqual([['a', null, 6]]);
    expect(pipe('l', at(7, 'a', null))).toEqual([]);
  });

  it('deletes a row once, whether it was joined or not', () => {
    const { pipe } = driving('left');
    pipe('r', at(0, 'r1', 'one'));
    pipe('l', left(1, 'a', 1, 'r1'));
    pipe('l', left(1, 'b', 1, 'r2'));
    expect(pipe('l', at(2, 'a', null))).toEqual([['a', null, 2]]);
    expect(pipe('l', at(2, 'b', null))).toEqual([['b', null, 2]]);
    expect(pipe('r', at(3, 'r1', 'more'))).toEqual([]);
  });
});

describe('a join by a foreign key', () => {
  it('passes over changes of the past of versioned tables, and counts them', () => {
    for (const type of ['inner', 'left'] as const) {
      const { driver, pipe } = driving(type, { table: { historyMs: 300_000 } });
      pipe('r', at(4, 'r1', 'one'));
      expect(pipe('l', left(3, 'a', 1, 'r1'))).toEqual([['a', [1, 'one'], 4]]);
      expect(pipe('l', left(2, 'a', 0, 'r1'))).toEqual([]);
      expect(pipe('l', at(2, 'a', null))).toEqual([]);
      expect(pipe('r', at(1, 'r1', 'zero'))).toEqual([]);
      expect(pipe('r', at(1, 'r1', null))).toEqual([]);
      expect(pipe('l', left(8, 'a', 2, 'r1'))).toEqual([['a', [2, 'one'], 8]]);
      expect(pipe('r', at(6, 'r1', 'two'))).toEqual([['a', [2, 'two'], 6]]);
      expect(driver.run.counters().get('j')).toMatchObject({ dropped: 4 });
    }
  });

  it('goes by key formats: numbers stand in their order, and keys need not look alike', () => {
    const formats = (name: string): KeyFormat => (name === 'l' ? 'int32' : name === 'r' ? 'json' : 'string');
    const typed = topics.map(({ name }) => untypedTopic(name, 1, formats(name)));
    const pipeline = pipelineOf(
      { type: 'inner' },
      {
        nodes: {
          l: ['source', { topic: 'l', readAs: 'table', keyFormat: 'int32' }],
          r: ['source', { topic: 'r', readAs: 'table', keyFormat: 'json' }],
        },
      },
    );
    const driver = new TopologyTestDriver(pipeline, typed);
    for (const key of [10, 9, 100, 2]) {
      driver.pipe('l', { key, value: { v: key, fk: { b: 1, a: [2] } }, timestamp: key });
    }
    driver.pipe('r', { key: { a: [2], b: 1 }, value: 'x', timestamp: 1 });
    expect(driver.read('out', 'int32').map(({ key }) => key)).toEqual([2, 9, 10, 100]);
  });

  it('drops the answer to a value that has been overtaken', async () => {
    const driver = new RestartingDriver(pipelineOf({ type: 'left' }), topics);
    await driver.pipe('r', at(0, 'r1', 'one'), at(0, 'r2', 'two'));
    // Both are taken before any answer comes: the first one's is about a value that is no more.
    await driver.pipe('l', left(1, 'a', 1, 'r1'), left(2, 'a', 2, 'r2'));
    expect((await driver.read('out')).map(({ value }) => value)).toEqual([[2, 'two']]);
  });

  it('goes on with a row whose foreign key could not be told before', () => {
    for (const [type, foreignKey] of [
      ['inner', 'value.fk.trim()'],
      ['left', 'value.fk.trim()'],
      // Fails as it does not fit the keys of the right table.
      ['inner', 'value.fk'],
      ['left', 'value.fk'],
    ] as const) {
      const driver = new TopologyTestDriver(pipelineOf({ type, foreignKey }), topics);
      driver.pipe('r', at(1, 'r1', 'one'));
      driver.pipe('l', left(2, 'a', 1, 'r1'));
      driver.pipe('l', left(3, 'a', 2, 3));
      driver.pipe('l', left(4, 'a', 3, 'r1'));
      driver.pipe('l', left(5, 'a', 4, 5));
      driver.pipe('l', at(6, 'a', null));
      expect(driver.read('out').map(({ value, timestamp }) => [value, timestamp])).toEqual([
        [[1, 'one'], 2],
        [[3, 'one'], 4],
        [null, 6],
      ]);
      expect(driver.run.failures().map(({ timestamp }) => timestamp)).toEqual([3, 5]);
    }
  });

  it('names the left input where the joined value fails', () => {
    const driver = new TopologyTestDriver(pipelineOf({ value: 'left.v / right.length' }), topics);
    driver.pipe('r', at(1, 'r1', { no: 'text' }));
    driver.pipe('l', left(2, 'a', 1, 'r1'));
    expect(driver.run.failures()).toMatchObject([{ node: 'j', port: 'left', path: ['value'] }]);
    const counters = driver.run.counters().get('j');
    expect(counters && missingFates(counters)).toBe(0);
  });

  it('makes a dead letter of the left row that was to be joined, whichever side has changed', () => {
    const driver = new TopologyTestDriver(pipelineOf({ value: 'left.v / right.length' }), onePartition);
    driver.pipe('r', at(1, 'r1', 'fits'));
    driver.pipe('l', left(2, 'a', 1, 'r1'));
    driver.pipe('r', at(3, 'r1', { no: 'text' }));
    driver.pipe('l', left(4, 'b', 2, 'r1'));
    expect(driver.run.failures().map(({ record }) => JSON.parse(record ?? 'null'))).toEqual([
      { key: 'a', value: { v: 1, fk: 'r1' } },
      { key: 'b', value: { v: 2, fk: 'r1' } },
    ]);
    const letters = driver.written.filter(({ topic }) => topic === 'p-dead-letters');
    const textOf = (value: unknown) => (value instanceof Uint8Array ? new TextDecoder().decode(value) : value);
    expect(letters.map(({ key, value, timestamp }) => [key, textOf(value), timestamp])).toEqual([
      ['a', '{"v":1,"fk":"r1"}', 3],
      ['b', '{"v":2,"fk":"r1"}', 4],
    ]);
  });

  it('recognises a value that is made of the row anew when it is looked up', () => {
    const pipeline = pipelineOf(
      { value: '[left, right]' },
      { nodes: { m: ['map', { value: '{ ...value, more: 1 }' }] }, edges: ['l > m', 'm > j.left', 'j > o'] },
    );
    const driver = new TopologyTestDriver(pipeline, topics);
    const text = '{ "fk" :"r1",\n "n": 1.50 }';
    driver.pipe('r', at(1, 'r1', 'one'));
    driver.pipe('l', at(2, 'a', new TextEncoder().encode(text)));
    expect(driver.read('out')).toMatchObject([{ key: 'a', value: [{ fk: 'r1', n: 1.5, more: 1 }, 'one'] }]);
  });

  it('carries numbers that cannot be held from one side to the other', () => {
    const driver = new TopologyTestDriver(pipelineOf({ value: '{ right, left }' }), topics);
    const text = '{"id":12345678901234567890}';
    driver.pipe('r', at(1, 'r1', new TextEncoder().encode(text)));
    driver.pipe('l', at(2, 'a', new TextEncoder().encode('{"fk":"r1","id":98765432109876543210}')));
    const [written] = driver.written.filter(({ topic }) => topic === 'out');
    const value = written?.value;
    const shown = value instanceof Uint8Array ? new TextDecoder().decode(value) : value;
    // Whatever an expression does with them, they are not other numbers afterwards.
    if (shown === undefined) expect(driver.run.failures()).toMatchObject([{ node: 'j', code: 'range' }]);
    else expect(shown).toBe(`{"right":${text},"left":{"fk":"r1","id":98765432109876543210}}`);
  });

  it('is a table whose rows can be looked up, and which keeps none otherwise', () => {
    const storesOf = ({ topology }: TopologyTestDriver) => topology.stores.map(({ name }) => name);
    expect(storesOf(driving('inner').driver)).not.toContain('p-j-store');
    const pipeline = pipelineOf(
      {},
      {
        nodes: { s: ['source', { topic: 's' }], k: ['join', { type: 'left', value: 'right' }] },
        edges: ['l > j.left', 's > k.left', 'j > k.right', 'k > o'],
      },
    );
    const driver = new TopologyTestDriver(pipeline, topics);
    expect(storesOf(driver)).toContain('p-j-store');
    driver.pipe('r', at(1, 'r1', 'one'));
    driver.pipe('l', left(2, 'a', 1, 'r1'));
    driver.pipe('s', at(3, 'a', 0));
    driver.pipe('r', at(4, 'r1', null));
    driver.pipe('s', at(5, 'a', 0));
    expect(driver.read('out').map(({ value }) => value)).toEqual([[1, 'one'], null]);
  });

  it('has its own topics, which follow the partitions of the tables that they lead to', () => {
    const { topics: planned } = driving('inner').driver.topology;
    const partitions = (name: string) => planned.find((topic) => topic.name === name)?.partitions;
    expect(partitions('p-j-registration')).toBe(3);
    expect(partitions('p-j-response')).toBe(2);
  });

  it('says the same over restarts', async () => {
    for (const type of ['inner', 'left'] as const) {
      const pipeline = pipelineOf({ type });
      const driver = new TopologyTestDriver(pipeline, topics);
      const restarting = new RestartingDriver(pipeline, topics);
      let state = 3;
      const random = (below: number): number => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return Math.floor((state / 2 ** 32) * below);
      };
      for (let step = 0; step < 40; step++) {
        const isLeft = random(3) > 0;
        const value =
          random(5) === 0 ? null : isLeft ? { v: step, fk: random(6) === 0 ? null : `r${random(3)}` } : step;
        const record = at(step, `${isLeft ? 'l' : 'r'}${random(3)}`, value);
        driver.pipe(isLeft ? 'l' : 'r', record);
        await restarting.pipe(isLeft ? 'l' : 'r', record);
      }
      const written = driver.read('out');
      expect(written.length).toBeGreaterThan(10);
      expect(await restarting.read('out')).toEqual(written);
    }
  });
});

describe('what is wrong with a join by a foreign key', () => {
  const found = (pipeline: ReturnType<typeof sketch>) =>
    validatePipeline(pipeline, topicCatalogue(topics)).diagnostics.filter(({ node }) => node === 'j');

  it('is nothing, though the tables have other counts of partitions', () => {
    expect(found(pipelineOf({}))).toEqual([]);
  });

  it('is said: an outer join, a key that does not fit, a table of windows', () => {
    expect(found(pipelineOf({ type: 'outer' }))).toMatchObject([{ code: 'outer-foreign-key', fix: { value: 'left' } }]);
    expect(found(pipelineOf({ foreignKey: '1 + 1' }))).toMatchObject([{ code: 'key-format', path: ['foreignKey'] }]);
    const windowed = pipelineOf(
      {},
      {
        nodes: {
          l: ['source', { topic: 'l' }],
          w: ['aggregate', { window: 'tumbling', windowMs: 2, aggregations: [{ name: 'n', function: 'count' }] }],
        },
        edges: ['l > w', 'w > j.left', 'j > o'],
      },
    );
    expect(found(windowed).map(({ code }) => code)).toContain('windowed-table');
  });
});
