import { inferValueType } from '@millrace/expression';
import { describe, expect, it } from 'vitest';
import { type SketchedNode, sketch } from '../testing/pipeline-sketch.ts';
import { type CatalogueTopic, topicCatalogue } from '../topology/topic-catalogue.ts';
import type { Diagnostic } from './diagnostic.ts';
import { hasErrors } from './diagnostic.ts';
import { validatePipeline } from './validate-pipeline.ts';

function topic(name: string, value: object, properties: Partial<CatalogueTopic> = {}): CatalogueTopic {
  return {
    name,
    partitions: 4,
    keyFormat: 'string',
    key: { kind: 'string' },
    value: inferValueType(value),
    sampled: 10,
    latest: [{ key: 'k', value, timestamp: 0, partition: 0, offset: 9 }],
    ...properties,
  };
}

const catalogue = topicCatalogue([
  topic('flights', { date: '2001/01/10 18:20', delay: 20, origin: 'SFO' }),
  topic('airports', { code: 'SFO', state: 'CA' }),
  topic('weather', { code: 'SFO', wind: 3 }, { partitions: 3 }),
  topic('numbers', { n: 1 }, { keyFormat: 'int32', key: { kind: 'number' } }),
]);

type Nodes = { readonly [id: string]: SketchedNode };

const flights: SketchedNode = ['source', { topic: 'flights' }];
const airports: SketchedNode = ['source', { topic: 'airports', readAs: 'table' }];
const out: SketchedNode = ['sink', { topic: 'out' }];

function diagnose(nodes: Nodes, edges: readonly string[]): readonly Diagnostic[] {
  return validatePipeline(sketch('p', nodes, edges), catalogue).diagnostics;
}

/** The findings about one node; the others are left out. */
function of(node: string, diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return diagnostics.filter((diagnostic) => diagnostic.node === node);
}

/** What is found about a node between flights and a sink. */
function between(kind: string, config: object): readonly Diagnostic[] {
  return of('x', diagnose({ flights, x: [kind, config], out }, ['flights > x', 'x > out']));
}

const flightDelays = {
  flights,
  late: ['filter', { condition: 'value.delay > 15' }],
  airports,
  joined: ['join', { value: '{ ...left, airport: right }' }],
  hours: [
    'aggregate',
    { by: 'value.airport.state', window: 'tumbling', aggregations: [{ name: 'n', function: 'count' }] },
  ],
  out,
} as const;
const flightEdges = [
  'flights > late',
  'late > joined.left',
  'airports > joined.right',
  'joined > hours',
  'hours > out',
] as const;

describe('a pipeline without mistakes', () => {
  it('has no diagnostics, and a type on every edge', () => {
    const validation = validatePipeline(sketch('p', flightDelays, flightEdges), catalogue);
    expect(validation.diagnostics).toEqual([]);
    expect([...validation.outputs.keys()].sort()).toEqual([
      'airports.out',
      'flights.out',
      'hours.out',
      'joined.out',
      'late.out',
    ]);
    expect(validation.outputs.get('hours.out')).toMatchObject({ shape: 'table', windowed: true, keyFormat: 'string' });
    expect(validation.order.map((node) => node.id)).toEqual(['flights', 'airports', 'late', 'joined', 'hours', 'out']);
  });
});

describe('the whole', () => {
  it('empty says how to begin', () => {
    expect(diagnose({}, [])).toEqual([
      { code: 'empty', severity: 'error', node: null, path: [], message: expect.stringContaining('Add a source') },
    ]);
  });

  it('without a source or a sink is wrong', () => {
    const found = diagnose({ x: ['filter', { condition: 'true' }] }, []);
    expect(found.filter((one) => one.node === null).map((one) => one.code)).toEqual(['no-source', 'no-sink']);
    expect(found.every((one) => one.message.endsWith('.'))).toBe(true);
  });

  it('has its errors before its warnings, in the order of the nodes', () => {
    const found = diagnose(
      { unread: flights, a: ['filter', { condition: '' }], b: ['filter', { condition: '' }], out },
      ['a > b', 'b > out'],
    );
    expect(found.map((one) => `${one.severity} ${one.node} ${one.code}`)).toEqual([
      'error a missing-input',
      'error a missing-expression',
      'error b missing-expression',
      'warning unread unread-output',
    ]);
  });
});

describe('wiring', () => {
  it('names the nodes of a cycle in the direction of flow', () => {
    const pass: SketchedNode = ['filter', { condition: 'true' }];
    const found = diagnose({ flights, a: pass, b: pass, c: pass, out }, ['a > b', 'b > c', 'c > a', 'flights > out']);
    const cycle = found.filter((one) => one.code === 'cycle');
    expect(cycle.map((one) => one.node).sort()).toEqual(['a', 'b', 'c']);
    expect(cycle[0]).toMatchObject({ severity: 'error', path: [] });
    expect(['a → b → c → a', 'b → c → a → b', 'c → a → b → c'].some((text) => cycle[0]?.message.includes(text))).toBe(
      true,
    );
  });

  it('finds a node that feeds itself', () => {
    const found = diagnose({ flights, a: ['filter', { condition: 'true' }], out }, ['a > a', 'flights > out']);
    expect(of('a', found).map((one) => one.code)).toContain('cycle');
    expect(found.find((one) => one.code === 'cycle')?.message).toContain('a → a');
  });

  it('says which input has nothing wired to it', () => {
    const one = diagnose({ flights, x: ['filter', { condition: 'true' }], out }, ['x > out']);
    expect(of('x', one)).toEqual([
      { code: 'missing-input', severity: 'error', node: 'x', path: [], message: 'Nothing is wired to its input.' },
    ]);
    const join = diagnose({ flights, x: ['join', { value: 'left' }], out }, ['flights > x.left', 'x > out']);
    expect(of('x', join).map((found) => found.message)).toEqual(['Nothing is wired to its input right.']);
  });

  it('marks each edge too many into an input', () => {
    const found = of(
      'x',
      diagnose({ flights, other: flights, x: ['filter', { condition: 'true' }], out }, [
        'flights > x',
        'other > x',
        'x > out',
      ]),
    );
    expect(found).toEqual([
      {
        code: 'doubled-input',
        severity: 'error',
        node: 'x',
        path: [],
        edge: { from: 'other.out', to: 'x.in' },
        message: '2 edges lead to its input, and it takes one. Remove the others.',
      },
    ]);
  });

  it('refuses a stream where a table is needed, and a table where a stream is', () => {
    const found = diagnose({ b: flights, x: ['suppress', { until: 'time', waitMs: 1000 }], out }, ['b > x', 'x > out']);
    expect(of('x', found)).toEqual([
      {
        code: 'wrong-port',
        severity: 'error',
        node: 'x',
        path: [],
        edge: { from: 'b.out', to: 'x.in' },
        message: 'This input takes a table. b is a stream.',
      },
    ]);
    const merged = diagnose({ flights, airports, x: ['merge'], out }, [
      'flights > x.in-1',
      'airports > x.in-2',
      'x > out',
    ]);
    expect(of('x', merged).map((one) => [one.code, one.message])).toEqual([
      ['wrong-port', 'The input in-2 takes a stream. airports is a table.'],
    ]);
  });

  it('refuses edges to ports and nodes that do not exist', () => {
    const found = diagnose({ flights, out }, [
      'flights > out',
      'flights.nope > out',
      'flights > out.nope',
      'flights > gone',
    ]);
    expect(found.map((one) => [one.code, one.node, one.edge?.to])).toEqual([
      ['edge-end', null, 'gone.in'],
      ['edge-port', 'flights', 'out.in'],
      ['edge-port', 'out', 'out.nope'],
    ]);
    expect(found[0]?.message).toContain('there is no node gone');
  });

  it('warns of an output that nothing reads', () => {
    expect(of('flights', diagnose({ flights, other: flights, out }, ['other > out']))).toMatchObject([
      { code: 'unread-output', severity: 'warning', path: [] },
    ]);
  });
});

describe('nodes', () => {
  it('of an unknown kind are refused, and those around them still judged', () => {
    const found = diagnose({ flights, x: ['teleport'], y: ['filter', { condition: '1 +' }], out }, [
      'flights > x',
      'x > y',
      'y > out',
    ]);
    expect(of('x', found).map((one) => [one.code, one.severity, one.path])).toEqual([['unknown-kind', 'error', []]]);
    expect(of('y', found).map((one) => one.code)).toEqual(['syntax']);
  });

  it.each(['constructor', 'hasOwnProperty', 'toString', '__proto__'])('have no kind %s', (kind) => {
    expect(of('x', diagnose({ x: [kind] }, [])).map((one) => one.code)).toEqual(['unknown-kind']);
  });

  it('may be called constructor and the like', () => {
    const nodes = {
      constructor: flights,
      valueof: ['filter', { condition: 'value.delay > 15' }],
      tostring: out,
    } as const;
    expect(diagnose(nodes, ['constructor > valueof', 'valueof > tostring'])).toEqual([]);
  });

  it('with the same id are refused', () => {
    const pipeline = sketch('p', { flights, out }, ['flights > out']);
    const doubled = {
      ...pipeline,
      nodes: [...pipeline.nodes, { ...(pipeline.nodes[1] as (typeof pipeline.nodes)[1]) }],
    };
    const { diagnostics } = validatePipeline(doubled, catalogue);
    expect(diagnostics.filter((one) => one.code === 'duplicate-id')).toMatchObject([
      { node: 'out', severity: 'error' },
    ]);
  });

  it('with settings that their kind does not have are refused, with the path', () => {
    expect(between('filter', { condition: 'true', speed: 3, colour: 'red' })).toMatchObject([
      { code: 'config', severity: 'error', path: ['speed'], message: 'Filter has no setting speed.' },
      { code: 'config', severity: 'error', path: ['colour'], message: 'Filter has no setting colour.' },
    ]);
    expect(between('aggregate', { aggregations: [{ name: 'n', function: 'median', of: 1 }] })).toMatchObject([
      { code: 'config', path: ['aggregations', 0, 'function'] },
      { code: 'config', path: ['aggregations', 0, 'of'] },
    ]);
    expect(between('filter', { condition: 5 })).toMatchObject([{ code: 'config', path: ['condition'] }]);
  });
});

describe('topics', () => {
  it('that do not exist are named, with the closest that does as a fix', () => {
    const found = diagnose({ x: ['source', { topic: 'flihgts' }], out }, ['x > out']);
    expect(of('x', found)).toEqual([
      {
        code: 'unknown-topic',
        severity: 'error',
        node: 'x',
        path: ['topic'],
        message: 'There is no topic flihgts. The closest is flights.',
        fix: { title: 'Use flights', value: 'flights' },
      },
    ]);
    const far = of('x', diagnose({ x: ['source', { topic: 'zzz' }], out }, ['x > out']));
    expect(far).toMatchObject([
      { code: 'unknown-topic', message: 'There is no topic zzz. Create it, or choose another.' },
    ]);
    expect(far[0]?.fix).toBeUndefined();
  });

  it.each([['constructor'], ['__proto__'], ['toString']])('called %s do not exist either', (name) => {
    expect(of('x', diagnose({ x: ['source', { topic: name }], out }, ['x > out']))).toMatchObject([
      { code: 'unknown-topic' },
    ]);
  });

  it('must be chosen', () => {
    const found = diagnose({ x: ['source', { topic: '' }], y: ['sink', { topic: '' }] }, ['x > y']);
    expect(found.map((one) => [one.node, one.code, one.path])).toEqual([
      ['x', 'missing-topic', ['topic']],
      ['y', 'missing-topic', ['topic']],
    ]);
  });

  it.each(['two words', 'a/b', 'é', '.', '..'])('cannot be written when they are called %j', (name) => {
    expect(of('x', diagnose({ flights, x: ['sink', { topic: name }] }, ['flights > x']))).toMatchObject([
      { code: 'topic-name', path: ['topic'] },
    ]);
  });

  it('whose keys look different from the format are a warning with a fix', () => {
    expect(of('x', diagnose({ x: ['source', { topic: 'numbers' }], out }, ['x > out']))).toMatchObject([
      {
        code: 'key-format',
        severity: 'warning',
        path: ['keyFormat'],
        fix: { title: 'Use int32', value: 'int32' },
      },
    ]);
  });

  it('have the field that the event time is taken from', () => {
    const source = (timestampField: string): readonly Diagnostic[] =>
      of(
        'x',
        diagnose({ x: ['source', { topic: 'flights', timestampFrom: 'field', timestampField }], out }, ['x > out']),
      );
    expect(source('date')).toEqual([]);
    expect(source('dat')).toMatchObject([
      { code: 'unknown-field', path: ['timestampField'], fix: { title: 'Use date', value: 'date' } },
    ]);
    expect(source('origin')).toMatchObject([{ code: 'not-a-time', path: ['timestampField'] }]);
    expect(source(' ')).toMatchObject([{ code: 'missing-field', path: ['timestampField'] }]);
    expect(source('dat.day')).toMatchObject([{ code: 'unknown-field', path: ['timestampField'] }]);
  });
});

describe('expressions', () => {
  it('that do not parse have their place', () => {
    expect(between('filter', { condition: 'value.delay > ' })).toMatchObject([
      {
        code: 'syntax',
        severity: 'error',
        node: 'x',
        path: ['condition'],
        span: { start: expect.any(Number), end: expect.any(Number) },
      },
    ]);
  });

  it('that read a field the topic does not have name the source, the place and the fix', () => {
    const found = between('filter', { condition: 'value.dela > 15' });
    expect(found).toEqual([
      {
        code: 'unknown-field',
        severity: 'error',
        node: 'x',
        path: ['condition'],
        span: { start: 6, end: 10 },
        message: expect.stringMatching(/^flights has no field dela\./),
        fix: { title: 'Use delay', span: { start: 6, end: 10 }, value: 'delay' },
      },
    ]);
  });

  it('that read a field which a map before took away are found', () => {
    const found = diagnose(
      { flights, m: ['map', { value: '{ late: value.delay }' }], x: ['filter', { condition: 'value.delay > 1' }], out },
      ['flights > m', 'm > x', 'x > out'],
    );
    expect(of('x', found)).toMatchObject([
      { code: 'unknown-field', path: ['condition'], message: expect.stringMatching(/^m has no field delay/) },
    ]);
  });

  it('that are empty say what belongs there', () => {
    expect(between('filter', { condition: ' ' })).toMatchObject([{ code: 'missing-expression', path: ['condition'] }]);
    expect(between('map', {})).toMatchObject([{ code: 'missing-expression', path: ['value'] }]);
    expect(between('aggregate', { aggregations: [{ name: 'a', function: 'sum' }] })).toMatchObject([
      { code: 'missing-expression', path: ['aggregations', 0, 'value'] },
    ]);
    expect(between('aggregate', { aggregations: [] })).toMatchObject([
      { code: 'missing-aggregation', path: ['aggregations'] },
    ]);
  });

  it('that give the wrong type are found where they stand', () => {
    expect(between('filter', { condition: 'value.delay' }).map((one) => [one.severity, one.path])).toEqual([
      ['error', ['condition']],
    ]);
    expect(
      between('aggregate', { aggregations: [{ name: 'a', function: 'sum', value: 'value.origin' }] }),
    ).toMatchObject([{ code: 'not-a-number', path: ['aggregations', 0, 'value'] }]);
    expect(between('map', { key: 'value.delay' })).toMatchObject([{ code: 'key-format', path: ['key'] }]);
    expect(between('aggregate', { by: 'value.delay', aggregations: [{ name: 'n', function: 'count' }] })).toMatchObject(
      [{ code: 'key-format', path: ['by'] }],
    );
  });

  it('may not name the window where there is none', () => {
    expect(between('filter', { condition: 'window.start > 0' })).toMatchObject([{ path: ['condition'] }]);
  });
});

describe('joins', () => {
  const join = (right: SketchedNode, left: SketchedNode = flights): readonly Diagnostic[] =>
    of(
      'x',
      diagnose({ left, right, x: ['join', { value: '{ ...left, right }' }], out }, [
        'left > x.left',
        'right > x.right',
        'x > out',
      ]),
    );

  it('of unequal key formats are refused', () => {
    expect(join(['source', { topic: 'numbers', readAs: 'table', keyFormat: 'int32' }])).toMatchObject([
      {
        code: 'unequal-keys',
        severity: 'error',
        path: [],
        message: expect.stringContaining('left has the format string, right has int32'),
      },
    ]);
  });

  it('of unequal partition counts are refused', () => {
    expect(join(['source', { topic: 'weather', readAs: 'table' }])).toMatchObject([
      {
        code: 'unequal-partitions',
        severity: 'error',
        path: [],
        message: expect.stringContaining('flights has 4 partitions and weather has 3'),
      },
    ]);
  });

  it('of a re-keyed stream take any partition count', () => {
    const nodes: Nodes = {
      flights,
      keyed: ['map', { key: 'value.origin' }],
      weather: ['source', { topic: 'weather', readAs: 'table' }],
      x: ['join', { value: '{ ...left, right }' }],
      out,
    };
    expect(diagnose(nodes, ['flights > keyed', 'keyed > x.left', 'weather > x.right', 'x > out'])).toEqual([]);
  });

  it('in a row must all have equal partitions, even behind a stream that was re-keyed', () => {
    const nodes: Nodes = {
      flights,
      keyed: ['map', { key: 'value.origin' }],
      weather: ['source', { topic: 'weather', readAs: 'table' }],
      airports,
      first: ['join', { value: '{ ...left, right }' }],
      second: ['join', { value: '{ ...left, right }' }],
      out,
    };
    const found = diagnose(nodes, [
      'flights > keyed',
      'keyed > first.left',
      'weather > first.right',
      'first > second.left',
      'airports > second.right',
      'second > out',
    ]);
    expect(found).toMatchObject([{ code: 'unequal-partitions', node: 'second' }]);
  });

  it('through one table must all have equal partitions, even where the table is gathered anew', () => {
    const nodes: Nodes = {
      flights,
      table: ['aggregate', { by: 'value.origin', aggregations: [{ name: 'n', function: 'count' }] }],
      weather: ['source', { topic: 'weather' }],
      airports: ['source', { topic: 'airports' }],
      first: ['join', { value: '{ ...left, right }' }],
      second: ['join', { value: '{ ...left, right }' }],
      a: out,
      b: out,
    };
    const found = diagnose(nodes, [
      'flights > table',
      'weather > first.left',
      'table > first.right',
      'airports > second.left',
      'table > second.right',
      'first > a',
      'second > b',
    ]);
    expect(found).toMatchObject([{ code: 'unequal-partitions', node: 'second' }]);
  });

  it('behind one new key share an internal topic, so all of them must have equal partitions', () => {
    const nodes: Nodes = {
      flights,
      keyed: ['re-key', { key: 'value.origin' }],
      airports,
      weather: ['source', { topic: 'weather', readAs: 'table' }],
      first: ['join', { value: '{ ...left, right }' }],
      second: ['join', { value: '{ ...left, right }' }],
      counted: ['aggregate', { aggregations: [{ name: 'n', function: 'count' }] }],
      third: ['join', { value: '{ ...left, right }' }],
      a: out,
      b: out,
      c: out,
    };
    const edges = ['flights > keyed', 'keyed > first.left', 'airports > first.right', 'first > a'];
    const both = [...edges, 'keyed > second.left', 'weather > second.right', 'second > b'];
    expect(of('second', diagnose(nodes, both))).toMatchObject([{ code: 'unequal-partitions' }]);
    // An aggregate has a topic of its own, which can have another count.
    const aggregated = [...edges, 'keyed > counted', 'counted > third.left', 'weather > third.right', 'third > c'];
    expect(diagnose(nodes, aggregated).filter(({ code }) => code === 'unequal-partitions')).toEqual([]);
  });

  it('with a windowed table are refused', () => {
    const nodes: Nodes = {
      flights,
      hours: ['aggregate', { window: 'tumbling', aggregations: [{ name: 'n', function: 'count' }] }],
      x: ['join', { value: '{ ...left, right }' }],
      out,
    };
    const found = diagnose(nodes, ['flights > hours', 'flights > x.left', 'hours > x.right', 'x > out']);
    expect(found).toMatchObject([{ code: 'windowed-table', node: 'x', path: [] }]);
  });
});

describe('windows', () => {
  const aggregate = (settings: object): readonly Diagnostic[] =>
    between('aggregate', { window: 'tumbling', aggregations: [{ name: 'n', function: 'count' }], ...settings });

  it.each([
    [{ windowMs: 0 }, 'window-length', 'error', 'windowMs'],
    [{ windowMs: -5 }, 'window-length', 'error', 'windowMs'],
    [{ windowMs: 400 * 86_400_000 }, 'window-length', 'error', 'windowMs'],
    [{ windowMs: 1.5 }, 'config', 'error', 'windowMs'],
    [{ graceMs: -1 }, 'grace', 'error', 'graceMs'],
    [{ graceMs: 400 * 86_400_000, retentionMs: 500 * 86_400_000 }, 'grace', 'error', 'graceMs'],
    [{ windowMs: 1000, graceMs: 200_000 }, 'grace', 'warning', 'graceMs'],
    [{ windowMs: 3_600_000, retentionMs: 1000 }, 'retention', 'warning', 'retentionMs'],
  ])('%j make no sense', (settings, code, severity, field) => {
    const found = aggregate(settings);
    expect(found.map((one) => [one.code, one.severity, one.path])).toEqual([[code, severity, [field]]]);
  });

  it('have fixes where one is known to help', () => {
    expect(aggregate({ graceMs: -1 })[0]?.fix).toEqual({ title: 'Use no grace', value: 0 });
    expect(aggregate({ windowMs: 1000, graceMs: 500, retentionMs: 10 })[0]?.fix).toEqual({
      title: 'Keep them that long',
      value: 1500,
    });
  });

  it('are not judged while there are none', () => {
    expect(aggregate({ window: 'none', windowMs: -5, graceMs: -5 })).toEqual([]);
  });
});

describe('results of an aggregate', () => {
  it.each(['', '__proto__', '1st', 'a b', 'x-y'])('cannot be called %j', (name) => {
    expect(between('aggregate', { aggregations: [{ name, function: 'count' }] })).toMatchObject([
      { code: 'result-name', path: ['aggregations', 0, 'name'] },
    ]);
  });

  it('have different names', () => {
    const found = between('aggregate', {
      aggregations: [
        { name: 'n', function: 'count' },
        { name: 'n', function: 'max', value: 'value.delay' },
      ],
    });
    expect(found).toMatchObject([{ code: 'result-name', path: ['aggregations', 1, 'name'] }]);
  });
});

describe('tables', () => {
  it('keep their keys', () => {
    const found = diagnose({ airports, x: ['map', { key: 'value.state' }], out }, ['airports > x', 'x > out']);
    expect(of('x', found)).toMatchObject([{ code: 'table-key', path: ['key'] }]);
    expect(hasErrors(found)).toBe(true);
  });
});

describe('the fields that are read', () => {
  it('are known of every node, without those that read nothing', () => {
    const { fieldsRead } = validatePipeline(
      sketch(
        'p',
        {
          f: flights,
          late: ['filter', { condition: "value.delay > 15 && value.origin != 'SFO' && value.delay < 500" }],
          m: ['map', { value: '{ ...value, at: timestamp }' }],
          a: [
            'aggregate',
            { by: 'value.origin', aggregations: [{ name: 'mean', function: 'avg', value: 'value.delay' }] },
          ],
          o: out,
        },
        ['f > late', 'late > m', 'm > a', 'a > o'],
      ),
      catalogue,
    );
    const texts = (node: string): readonly string[] | undefined =>
      fieldsRead
        .get(node)
        ?.map(({ root, path }) => [root, ...path].join('.'))
        .sort();
    expect([...fieldsRead.keys()].sort()).toEqual(['a', 'late', 'm']);
    expect(texts('late')).toEqual(['value.delay', 'value.origin']);
    expect(texts('m')).toEqual(['timestamp', 'value']);
    expect(texts('a')).toEqual(['value.delay', 'value.origin']);
  });
});
