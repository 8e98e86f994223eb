import { describe, expect, it } from 'vitest';
import { partitionFor } from '../../log/partitioner.ts';
import { validatePipeline } from '../../pipeline/validate-pipeline.ts';
import { sketch } from '../../testing/pipeline-sketch.ts';
import { type DriverRecord, TopologyTestDriver, untypedTopic } from '../../testing/topology-test-driver.ts';
import { topicCatalogue } from '../../topology/topic-catalogue.ts';

const topics = [untypedTopic('t', 2), untypedTopic('out')];
const at = (timestamp: number, key: string | null, value: unknown): DriverRecord => ({ key, value, timestamp });

const streamed = (config: object, ...after: readonly (readonly [string, object])[]) =>
  sketch(
    'p',
    {
      s: ['source', { topic: 't', readAs: 'table' }],
      r: ['to-stream', config],
      ...Object.fromEntries(after.map((node, index) => [`n${index}`, node])),
      o: ['sink', { topic: 'out' }],
    },
    [
      's > r',
      ...['r', ...after.map((_, index) => `n${index}`)].map((id, index, all) => `${id} > ${all[index + 1] ?? 'o'}`),
    ],
  );

const outputs = (driver: TopologyTestDriver) =>
  driver.read('out').map(({ key, value, timestamp }) => [key, value, timestamp]);

describe('a table made a stream', () => {
  it('gives each change as a record with its time and headers, deletions too', () => {
    const driver = new TopologyTestDriver(streamed({}), topics);
    const headers = [{ name: 'h', value: new TextEncoder().encode('x') }];
    driver.pipe('t', { ...at(5, 'a', 1), headers });
    driver.pipe('t', at(4, 'a', 1));
    driver.pipe('t', at(6, 'a', null));
    expect(driver.written.find(({ topic }) => topic === 'out')?.headers).toEqual(headers);
    expect(outputs(driver)).toEqual([
      ['a', 1, 5],
      ['a', 1, 4],
      ['a', null, 6],
    ]);
  });

  it('is facts from there on: what fails a filter is no deletion', () => {
    const driver = new TopologyTestDriver(streamed({}, ['filter', { condition: 'value > 2' }]), topics);
    for (const value of [3, 1, 4]) driver.pipe('t', at(value, 'a', value));
    expect(outputs(driver)).toEqual([
      ['a', 3, 3],
      ['a', 4, 4],
    ]);
  });

  it('takes a new key, by which records meet further down', () => {
    const count = ['aggregate', { aggregations: [{ name: 'n', function: 'count' }] }] as const;
    const driver = new TopologyTestDriver(streamed({ key: 'value?.k' }, count), topics);
    driver.pipe('t', { ...at(1, 'a', { k: 'x' }), partition: 0 });
    driver.pipe('t', { ...at(2, 'b', { k: 'x' }), partition: 1 });
    driver.pipe('t', { ...at(3, 'b', null), partition: 1 });
    expect(outputs(driver)).toEqual([
      ['x', { n: 1 }, 1],
      ['x', { n: 2 }, 2],
    ]);
    expect(driver.rows('p-n0-store')).toMatchObject([{ key: 'x', taskId: `1_${partitionFor('x', 2)}` }]);
  });

  const ofWindows = (config: object) =>
    sketch(
      'p',
      {
        s: ['source', { topic: 't' }],
        a: ['aggregate', { window: 'tumbling', windowMs: 2, aggregations: [{ name: 'n', function: 'count' }] }],
        r: ['to-stream', config],
        m: ['map', { value: 'value.n' }],
        o: ['sink', { topic: 'out' }],
      },
      ['s > a', 'a > r', 'r > m', 'm > o'],
    );

  it('keeps the windows of its rows', () => {
    const driver = new TopologyTestDriver(ofWindows({}), topics);
    driver.pipe('t', at(3, 'a', 0));
    expect(driver.read('out', 'json')).toMatchObject([{ key: { key: 'a', start: 2, end: 4 }, value: 1, timestamp: 3 }]);
  });

  it('leaves them with a new key', () => {
    const driver = new TopologyTestDriver(ofWindows({ key: "key + '@' + string(window.start)" }), topics);
    driver.pipe('t', at(3, 'a', 0));
    expect(outputs(driver)).toEqual([['a@2', 1, 3]]);
  });

  it('checks that the new key fits its format', () => {
    const found = validatePipeline(streamed({ key: '1 + 1' }), topicCatalogue(topics)).diagnostics;
    expect(found.filter(({ node }) => node === 'r')).toMatchObject([{ code: 'key-format', path: ['key'] }]);
  });
});
