import { describe, expect, it } from 'vitest';
import { missingFates } from '../metrics/fates.ts';
import { RecordedRun, type WrittenRecord } from '../run/recorded-run.ts';
import { PolicyFailure } from '../runtime/record-error.ts';
import { type SketchedNode, sketch } from '../testing/pipeline-sketch.ts';
import { TopologyTestDriver, untypedTopic } from '../testing/topology-test-driver.ts';
import { processors } from './processors.ts';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const topics = [untypedTopic('t', 2), untypedTopic('u', 2), untypedTopic('out', 2), untypedTopic('ints', 1, 'int32')];

/** A source, the node `x` in question with its policy, a sink. */
function around(x: SketchedNode, source: SketchedNode = ['source', { topic: 't' }]): TopologyTestDriver {
  const nodes = { s: source, x, o: ['sink', { topic: 'out' }] } as const;
  return new TopologyTestDriver(sketch('p', nodes, ['s > x', 'x > o']), topics);
}

function joined(x: SketchedNode): TopologyTestDriver {
  const nodes = {
    s: ['source', { topic: 't' }],
    u: ['source', { topic: 'u', readAs: 'table' }],
    x,
    o: ['sink', { topic: 'out' }],
  } as const;
  return new TopologyTestDriver(sketch('p', nodes, ['s > x.left', 'u > x.right', 'x > o']), topics);
}

/** A dead letter as text: key, value, and every header by name. */
function letters(driver: TopologyTestDriver) {
  return driver.written
    .filter((record) => record.topic === 'p-dead-letters')
    .map(({ key, value, timestamp, headers }) => ({
      key,
      value: value === null ? null : typeof value === 'string' ? value : new TextDecoder().decode(value),
      timestamp,
      headers: Object.fromEntries(
        (headers ?? []).map((header) => [header.name, header.value && new TextDecoder().decode(header.value)]),
      ),
    }));
}

const bad = { key: 'a', value: { x: 'bad', k: 5 }, timestamp: 50 };
const good = { key: 'a', value: { x: 1, k: 'K' }, timestamp: 51 };
const count = { name: 'n', function: 'count' };

/** Every kind that can fail on the record `bad` and not on `good`: the failing node, its port and the place in its config. */
const kinds: readonly (readonly [
  name: string,
  make: (policy?: string) => TopologyTestDriver,
  failed: { readonly port: string; readonly path: string },
])[] = [
  [
    'a filter',
    (policy) => around(['filter', { condition: 'value.x > 0' }, policy]),
    { port: 'in', path: '["condition"]' },
  ],
  [
    'a map of values',
    (policy) => around(['map', { value: '{ x: value.x * 2 }' }, policy]),
    { port: 'in', path: '["value"]' },
  ],
  ['a map of keys', (policy) => around(['map', { key: 'value.k.trim()' }, policy]), { port: 'in', path: '["key"]' }],
  [
    'a filter of a table',
    (policy) => around(['filter', { condition: 'value.x > 0' }, policy], ['source', { topic: 't', readAs: 'table' }]),
    { port: 'in', path: '["condition"]' },
  ],
  [
    'a map of a table',
    (policy) => around(['map', { value: 'value.x * 2' }, policy], ['source', { topic: 't', readAs: 'table' }]),
    { port: 'in', path: '["value"]' },
  ],
  [
    'a join',
    (policy) => joined(['join', { type: 'left', value: '{ x: left.x * 2, right }' }, policy]),
    { port: 'left', path: '["value"]' },
  ],
  [
    'an aggregate',
    (policy) =>
      around(['aggregate', { aggregations: [count, { name: 's', function: 'sum', value: 'value.x' }] }, policy]),
    { port: 'in', path: '["aggregations",1,"value"]' },
  ],
  [
    'an aggregate in windows',
    (policy) =>
      around([
        'aggregate',
        { window: 'tumbling', aggregations: [count, { name: 'm', function: 'max', value: 'value.x - 0' }] },
        policy,
      ]),
    { port: 'in', path: '["aggregations",1,"value"]' },
  ],
  [
    'the key of an aggregate',
    (policy) => around(['aggregate', { by: 'value.k.trim()', aggregations: [count] }, policy]),
    { port: 'in', path: '["by"]' },
  ],
];

describe.each(kinds)('%s that fails on a record', (name, make, failed) => {
  it('puts it into the dead-letter topic with the input, its bytes, the source and the reason, and goes on', () => {
    const driver = make();
    const headers = [{ name: 'trace', value: utf8('7') }];
    driver.pipe('t', { ...bad, partition: 1, headers });
    driver.pipe('t', { ...good, partition: 1 });
    expect(letters(driver)).toEqual([
      {
        key: 'a',
        value: JSON.stringify(bad.value),
        timestamp: 50,
        headers: {
          'millrace.node': 'x',
          'millrace.port': failed.port,
          'millrace.code': expect.any(String),
          'millrace.message': expect.stringMatching(/\w/),
          'millrace.path': failed.path,
          // The function of an aggregate fails as a whole; elsewhere a part of an expression does.
          ...(name === 'an aggregate' ? {} : { 'millrace.span': expect.stringMatching(/^\d+-\d+$/) }),
          'millrace.source': 't-1@0',
          'millrace.source-key': 'a',
          'millrace.source-value': JSON.stringify(bad.value),
          trace: '7',
        },
      },
    ]);
    expect(driver.run.counters().get('x')).toMatchObject({ failed: 1 });
    expect(driver.run.counters().get('o')).toMatchObject({ in: 1 });
    for (const [node, counters] of driver.run.counters()) expect([node, missingFates(counters)]).toEqual([node, 0]);
  });

  it('skips it when told to, and counts it all the same', () => {
    const driver = make('skip');
    driver.pipe('t', bad);
    driver.pipe('t', good);
    expect(letters(driver)).toEqual([]);
    expect(driver.run.counters().get('x')).toMatchObject({ failed: 1 });
    expect(driver.run.counters().get('o')).toMatchObject({ in: 1 });
    expect(driver.run.failures()).toMatchObject([{ node: 'x', port: failed.port, topic: 't', offset: 0 }]);
  });

  it('stops everything when told to, and says on which record', () => {
    const driver = make('fail');
    let failure: unknown;
    try {
      driver.pipe('t', { ...bad, partition: 1 });
    } catch (error) {
      failure = error;
    }
    expect(failure).toBeInstanceOf(PolicyFailure);
    expect(failure).toMatchObject({ code: 'error-policy', node: 'x' });
    expect((failure as Error).message).toMatch(/^x stops the pipeline on a failure, .* t-1 @ 0: .*[^.]\.$/);
  });
});

describe('a source that cannot read a record', () => {
  const source = (config: object, policy?: string): TopologyTestDriver =>
    new TopologyTestDriver(
      sketch('p', { s: ['source', { topic: 't', ...config }, policy], o: ['sink', { topic: 'out' }] }, ['s > o']),
      topics,
    );

  it.each([
    ['bytes that are no UTF-8', new Uint8Array([0x22, 0xff, 0xfe, 0x22]), /UTF-8/],
    ['JSON that breaks off', utf8('{"a":'), /not JSON/],
    ['nothing', new Uint8Array(0), /not JSON/],
    ['two values', utf8('1 2'), /not JSON/],
    ['endless nesting', utf8(`${'['.repeat(100_000)}${']'.repeat(100_000)}`), /nested/],
  ])('with %s keeps its bytes and the reason', (_name, value, message) => {
    const driver = source({});
    driver.pipe('t', { key: 'é', value, timestamp: 9, partition: 1, headers: [{ name: 'h', value: null }] });
    driver.pipe('t', { key: 'b', value: 1, timestamp: 10, partition: 1 });
    expect(driver.read('out')).toMatchObject([{ key: 'b' }]);
    const [letter] = driver.written.filter((record) => record.topic === 'p-dead-letters');
    expect(letter).toMatchObject({ key: '\xc3\xa9', timestamp: 9 });
    expect(letter?.value).toEqual(value);
    expect(letters(driver)[0]?.headers).toEqual({
      'millrace.node': 's',
      'millrace.port': 'in',
      'millrace.code': 'decode',
      'millrace.message': expect.stringMatching(message),
      'millrace.path': '[]',
      'millrace.source': 't-1@0',
      h: null,
    });
    expect(driver.run.counters().get('s')).toMatchObject({ in: 2, failed: 1, forwarded: 1 });
  });

  it('with a key of the wrong length keeps its bytes and the reason', () => {
    const written: WrittenRecord[] = [];
    const nodes = { s: ['source', { topic: 'ints', keyFormat: 'int32' }], o: ['sink', { topic: 'out' }] } as const;
    const driver = new TopologyTestDriver(sketch('p', nodes, ['s > o']), topics);
    const run = new RecordedRun(driver.topology, processors, (record) => written.push(record));
    run.pipe('ints', 0, [
      { key: '\x00\xff', value: '1', timestamp: 1 },
      { key: '\x00\x00\x00\x07', value: '1', timestamp: 2 },
    ]);
    run.drain();
    expect(written.map((record) => [record.topic, record.key])).toEqual([
      ['p-dead-letters', '\x00\xff'],
      ['out', '\x00\x00\x00\x07'],
    ]);
    expect(run.failures()).toMatchObject([{ code: 'key-format', node: 's', record: null }]);
  });

  it('because of its event time names the setting', () => {
    const driver = source({ timestampFrom: 'field', timestampField: 'at' });
    driver.pipe('t', { key: 'a', value: { at: 'soon' }, timestamp: 9, partition: 0 });
    expect(letters(driver)[0]).toMatchObject({
      value: '{"at":"soon"}',
      headers: { 'millrace.code': 'timestamp', 'millrace.path': '["timestampField"]' },
    });
  });

  it('skips it, or stops, when told to', () => {
    const skipping = source({}, 'skip');
    skipping.pipe('t', { key: 'a', value: utf8('{'), timestamp: 9 });
    expect(letters(skipping)).toEqual([]);
    expect(skipping.run.counters().get('s')).toMatchObject({ in: 1, failed: 1 });
    expect(() => source({}, 'fail').pipe('t', { key: 'a', value: utf8('{'), timestamp: 9 })).toThrow(PolicyFailure);
  });

  it('as a table keeps the row that it had', () => {
    const driver = source({ readAs: 'table' });
    driver.pipe('t', { key: 'a', value: 1, timestamp: 9 });
    driver.pipe('t', { key: 'a', value: utf8('{'), timestamp: 10 });
    expect(driver.rows('p-s-store')).toMatchObject([{ key: 'a', value: 1 }]);
    expect(driver.run.counters().get('s')).toMatchObject({ in: 2, failed: 1, forwarded: 1 });
  });
});

describe('a key that does not fit', () => {
  it('fails at the sink, whose dead letter keeps the key as JSON', () => {
    const driver = around(['map', { key: 'value.k' }]);
    driver.pipe('t', { ...bad, partition: 0 });
    expect(letters(driver)).toMatchObject([
      { key: '5', value: JSON.stringify(bad.value), headers: { 'millrace.node': 'o', 'millrace.port': 'in' } },
    ]);
    expect(driver.run.counters().get('o')).toMatchObject({ in: 1, failed: 1, out: 0 });
  });

  it.each<[string, SketchedNode, readonly string[]]>([
    ['an aggregate', ['aggregate', { by: 'value.k', aggregations: [count] }], ['by']],
    ['a repartition', ['repartition', { key: 'value.k' }], ['key']],
  ])('of %s fails there, whose dead letter holds the record as it came', (_name, x, path) => {
    const driver = around(x);
    driver.pipe('t', { ...bad, partition: 0 });
    driver.pipe('t', { ...good, partition: 0 });
    expect(letters(driver)).toMatchObject([
      {
        key: 'a',
        value: JSON.stringify(bad.value),
        headers: {
          'millrace.node': 'x',
          'millrace.port': 'in',
          'millrace.code': 'key-format',
          'millrace.path': JSON.stringify(path),
        },
      },
    ]);
    expect(driver.read('out')).toMatchObject([{ key: 'K' }]);
    expect(driver.run.counters().get('x')).toMatchObject({ failed: 1 });
    for (const [node, counters] of driver.run.counters()) expect([node, missingFates(counters)]).toEqual([node, 0]);
  });

  it('by which rows are gathered fails for the row as it is, and takes nothing else from the results', () => {
    const driver = around(
      ['aggregate', { by: 'value.k', aggregations: [count] }],
      ['source', { topic: 't', readAs: 'table' }],
    );
    driver.pipe('t', good);
    driver.pipe('t', { ...bad, timestamp: 52 });
    driver.pipe('t', { ...good, timestamp: 53 });
    expect(letters(driver)).toMatchObject([{ key: 'a', value: JSON.stringify(bad.value), timestamp: 52 }]);
    expect(driver.read('out').map(({ key, value }) => [key, value])).toEqual([
      ['K', { n: 1 }],
      ['K', { n: 0 }],
      ['K', { n: 1 }],
    ]);
    expect(driver.run.counters().get('x')).toMatchObject({ failed: 1 });
  });

  it('fails at the node that gave it, at the output, where it is written to an internal topic', () => {
    const nodes = {
      s: ['source', { topic: 't' }],
      m: ['map', { key: 'value.k' }],
      u: ['source', { topic: 'u', readAs: 'table' }],
      x: ['join', { value: '{ ...left, right }' }],
      o: ['sink', { topic: 'out' }],
    } as const;
    const driver = new TopologyTestDriver(sketch('p', nodes, ['s > m', 'm > x.left', 'u > x.right', 'x > o']), topics);
    driver.pipe('t', bad);
    expect(letters(driver)).toMatchObject([{ headers: { 'millrace.node': 'm', 'millrace.port': 'out' } }]);
    expect(driver.run.counters().get('m')).toMatchObject({ in: 1, forwarded: 0, failed: 1 });
  });
});

describe('one of two readers', () => {
  it('fails alone; the other gets the record', () => {
    const nodes = {
      s: ['source', { topic: 't' }],
      a: ['filter', { condition: 'value.x > 0' }],
      b: ['sink', { topic: 'out' }],
      c: ['sink', { topic: 'u' }],
    } as const;
    const driver = new TopologyTestDriver(sketch('p', nodes, ['s > a', 's > b', 'a > c']), topics);
    driver.pipe('t', bad);
    expect(driver.read('out')).toHaveLength(1);
    expect(driver.read('u')).toHaveLength(0);
    expect(letters(driver)).toHaveLength(1);
  });
});

describe("the pipeline's policy", () => {
  it('holds for every node that has none of its own', () => {
    const nodes = {
      s: ['source', { topic: 't' }],
      x: ['filter', { condition: 'value.x > 0' }],
      o: ['sink', { topic: 'out' }],
    } as const;
    const driver = new TopologyTestDriver(sketch('p', nodes, ['s > x', 'x > o'], { errorPolicy: 'fail' }), topics);
    expect(() => driver.pipe('t', bad)).toThrow(PolicyFailure);
  });
});
