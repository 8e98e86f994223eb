import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { validatePipeline } from '../../pipeline/validate-pipeline.ts';
import { sketch } from '../../testing/pipeline-sketch.ts';
import { TopologyTestDriver, untypedTopic } from '../../testing/topology-test-driver.ts';
import { topicCatalogue } from '../../topology/topic-catalogue.ts';

function pipeline(config: object, source: object = {}) {
  const nodes = {
    s: ['source', { topic: 't', readAs: 'table', ...source }],
    a: ['aggregate', { by: 'value.group', aggregations: [{ name: 'n', function: 'count' }], ...config }],
    o: ['sink', { topic: 'out' }],
  } as const;
  return sketch('p', nodes, ['s > a', 'a > o']);
}

const topics = [untypedTopic('t'), untypedTopic('out')];
const ofRows = (config: object = {}, source: object = {}) => new TopologyTestDriver(pipeline(config, source), topics);
const outputs = (driver: TopologyTestDriver) =>
  driver.read('out').map(({ key, value, timestamp }) => [key, value, timestamp]);
const problems = (config: object) =>
  validatePipeline(pipeline(config), topicCatalogue(topics))
    .diagnostics.filter(({ node }) => node === 'a')
    .map(({ code, path }) => [code, path]);

describe('an aggregate of a table', () => {
  it('takes a row that moves out of one result, then adds it to the other, with the greatest time of each', () => {
    const driver = ofRows();
    driver.pipe('t', { key: '1', value: { group: 'x' }, timestamp: 10 });
    driver.pipe('t', { key: '2', value: { group: 'x' }, timestamp: 5 });
    driver.pipe('t', { key: '1', value: { group: 'y' }, timestamp: 7 });
    expect(outputs(driver)).toEqual([
      ['x', { n: 1 }, 10],
      ['x', { n: 2 }, 10],
      ['x', { n: 1 }, 10],
      ['y', { n: 1 }, 7],
    ]);
  });

  it('changes a row within a result in one step', () => {
    const driver = ofRows({ aggregations: [{ name: 'sum', function: 'sum', value: 'value.x' }] });
    driver.pipe('t', { key: '1', value: { group: 'x', x: 5 }, timestamp: 1 });
    driver.pipe('t', { key: '1', value: { group: 'x', x: 7 }, timestamp: 2 });
    driver.pipe('t', { key: '1', value: null, timestamp: 3 });
    driver.pipe('t', { key: '1', value: null, timestamp: 4 });
    expect(outputs(driver)).toEqual([
      ['x', { sum: 5 }, 1],
      ['x', { sum: 7 }, 2],
      ['x', { sum: 0 }, 3],
    ]);
  });

  it('passes over rows without a group', () => {
    const driver = ofRows();
    driver.pipe('t', { key: '1', value: { group: null }, timestamp: 1 });
    driver.pipe('t', { key: '1', value: { group: 'x' }, timestamp: 2 });
    driver.pipe('t', { key: '1', value: { group: null }, timestamp: 3 });
    expect(outputs(driver)).toEqual([
      ['x', { n: 1 }, 2],
      ['x', { n: 0 }, 3],
    ]);
    expect(driver.run.counters().get('a')).toMatchObject({ nullKey: 1 });
  });

  it('is asked for nothing by a row that fails, and by one that comes again to a row that failed', () => {
    const driver = ofRows({ by: 'value.group.toUpperCase()' });
    driver.pipe('t', { key: '1', value: { group: 5 }, timestamp: 1 });
    expect(outputs(driver)).toEqual([]);
    expect(driver.run.failures()).toMatchObject([{ node: 'a', port: 'in', path: ['by'] }]);
  });

  it('keeps every value that its functions may need again', () => {
    const functions = ['min', 'max', 'top-n', 'collect', 'distinct', 'avg'];
    const aggregations = functions.map((used) => ({
      name: used.replace('-', ''),
      function: used,
      value: 'value.x',
      n: 2,
    }));
    const driver = ofRows({ aggregations });
    [3, 1, 2, 1].forEach((x, index) => {
      driver.pipe('t', { key: String(index), value: { group: 'g', x }, timestamp: index });
    });
    expect(outputs(driver).at(-1)?.[1]).toEqual({
      min: 1,
      max: 3,
      topn: [3, 2],
      collect: [2, 1],
      distinct: 3,
      avg: 1.75,
    });
    driver.pipe('t', { key: '0', value: null, timestamp: 5 });
    driver.pipe('t', { key: '1', value: { group: 'g', x: 2 }, timestamp: 6 });
    expect(outputs(driver).at(-1)?.[1]).toEqual({
      min: 1,
      max: 2,
      topn: [2, 2],
      collect: [1, 2],
      distinct: 2,
      avg: (2 + 1 + 2) / 3,
    });
  });

  it('is at any time what the rows of each group make together', () => {
    const change = fc.record({
      key: fc.constantFrom('1', '2', '3'),
      value: fc.option(fc.record({ group: fc.constantFrom('x', 'y', null), x: fc.nat(5) })),
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 30 }), (changes) => {
        const driver = ofRows({
          aggregations: [
            { name: 'n', function: 'count' },
            { name: 'max', function: 'max', value: 'value.x' },
          ],
        });
        const rows = new Map<string, { group: string | null; x: number }>();
        changes.forEach(({ key, value }, timestamp) => {
          driver.pipe('t', { key, value, timestamp });
          if (value === null) rows.delete(key);
          else rows.set(key, value);
        });
        for (const { key, value } of driver.rows('p-a-store')) {
          const xs = [...rows.values()].filter(({ group }) => group === key).map(({ x }) => x);
          expect(value).toEqual({ n: xs.length, max: xs.length === 0 ? null : Math.max(...xs) });
        }
      }),
    );
  });

  it('computes with expressions of its own, and deletes a result that becomes null', () => {
    const driver = ofRows({
      compute: 'custom',
      initial: '0',
      add: 'aggregate + value.x',
      subtract: 'aggregate == value.x ? null : aggregate - value.x',
    });
    driver.pipe('t', { key: '1', value: { group: 'g', x: 2 }, timestamp: 1 });
    driver.pipe('t', { key: '2', value: { group: 'g', x: 3 }, timestamp: 2 });
    driver.pipe('t', { key: '1', value: null, timestamp: 3 });
    driver.pipe('t', { key: '2', value: { group: 'g', x: 4 }, timestamp: 4 });
    driver.pipe('t', { key: '2', value: null, timestamp: 5 });
    expect(outputs(driver)).toEqual([
      ['g', 2, 1],
      ['g', 5, 2],
      ['g', 3, 3],
      ['g', 4, 4],
      ['g', null, 5],
    ]);
    expect(driver.rows('p-a-store')).toEqual([]);
  });

  it('leaves a change of the past of a versioned table out', () => {
    const driver = ofRows({}, { historyMs: 1000 });
    driver.pipe('t', { key: '1', value: { group: 'x' }, timestamp: 100 });
    driver.pipe('t', { key: '1', value: { group: 'y' }, timestamp: 50 });
    expect(outputs(driver)).toEqual([['x', { n: 1 }, 100]]);
  });

  it('groups the rows of windows by their windows', () => {
    const nodes = {
      s: ['source', { topic: 't' }],
      w: [
        'aggregate',
        { window: 'tumbling', windowMs: 10, graceMs: 100, aggregations: [{ name: 'n', function: 'count' }] },
      ],
      a: [
        'aggregate',
        { by: 'string(window.start)', aggregations: [{ name: 'most', function: 'max', value: 'value.n' }] },
      ],
      o: ['sink', { topic: 'out' }],
    } as const;
    const driver = new TopologyTestDriver(sketch('p', nodes, ['s > w', 'w > a', 'a > o']), topics);
    for (const [key, timestamp] of [
      ['a', 1],
      ['b', 2],
      ['a', 3],
      ['a', 11],
    ] as const) {
      driver.pipe('t', { key, value: 1, timestamp });
    }
    expect(outputs(driver)).toEqual([
      ['0', { most: 1 }, 1],
      ['0', { most: 1 }, 2],
      ['0', { most: 2 }, 3],
      ['10', { most: 1 }, 11],
    ]);
  });

  it('needs a key, no window, and functions that can take a value back', () => {
    expect(problems({ by: '' })).toEqual([['missing-key', ['by']]]);
    expect(problems({ window: 'tumbling' })).toEqual([['table-window', ['window']]]);
    expect(problems({ aggregations: [{ name: 'f', function: 'first', value: 'value.x' }] })).toEqual([
      ['table-function', ['aggregations', 0, 'function']],
    ]);
    expect(problems({ compute: 'custom', initial: '0', add: 'aggregate + 1' })).toEqual([
      ['missing-expression', ['subtract']],
    ]);
    expect(problems({ compute: 'custom', initial: '0', add: 'aggregate + 1', subtract: 'aggregate - 1' })).toEqual([]);
  });
});
