import { describe, expect, it } from 'vitest';
import { type SketchedNode, sketch } from '../testing/pipeline-sketch.ts';
import { TopologyTestDriver, untypedTopic } from '../testing/topology-test-driver.ts';

// Numbers beyond 2^53, spaces, escapes and the order of names would all be lost if a value were decoded and encoded again.
const text = '{ "id": 9007199254740993, "2":1.0, "1": "\\u0041é", "city" : {"zip":0.10} }';
const encode = (value: string): Uint8Array => new TextEncoder().encode(value);

function driverOf(middle: SketchedNode): TopologyTestDriver {
  const nodes = { s: ['source', { topic: 's' }], m: middle, o: ['sink', { topic: 'out' }] } as const;
  return new TopologyTestDriver(sketch('p', nodes, ['s > m', 'm > o']), [untypedTopic('s'), untypedTopic('out')]);
}

function texts(driver: TopologyTestDriver, topic = 'out'): readonly string[] {
  const of = ({ value }: { readonly value: Uint8Array | string | null }): string =>
    typeof value === 'string' ? value : new TextDecoder().decode(value ?? new Uint8Array());
  return driver.written.filter((record) => record.topic === topic).map(of);
}

describe('what nobody changes keeps its bytes', () => {
  it.each([
    ['through a filter', ['filter', { condition: "value.city.zip < 1 && value['1'] != ''" }], text],
    ['through a map of the key', ['map', { key: "value['1']" }], text],
    [
      'beside a field that is set',
      ['map', { value: '{ ...value, city: null, more: value.city.zip * 10 }' }],
      '{ "id": 9007199254740993, "2":1.0, "1": "\\u0041é", "city" : null ,"more":1}',
    ],
  ] as const)('%s, in the first record as in later ones', (_, middle, expected) => {
    const driver = driverOf([...middle] as unknown as SketchedNode);
    for (const timestamp of [1, 2, 3]) driver.pipe('s', { key: 'k', value: encode(text), timestamp });
    expect(texts(driver)).toEqual([expected, expected, expected]);
  });

  it('in a table, through its changelog and a join', () => {
    const nodes = {
      s: ['source', { topic: 's' }],
      t: ['source', { topic: 't', readAs: 'table' }],
      j: ['join', { type: 'inner', value: '{ ...left, row: right }' }],
      o: ['sink', { topic: 'out' }],
    } as const;
    const pipeline = sketch('p', nodes, ['s > j.left', 't > j.right', 'j > o']);
    const driver = new TopologyTestDriver(pipeline, [untypedTopic('s'), untypedTopic('t'), untypedTopic('out')]);
    driver.pipe('t', { key: 'k', value: encode(text), timestamp: 1 });
    for (const timestamp of [2, 3]) driver.pipe('s', { key: 'k', value: encode('{"n":1.50}'), timestamp });
    expect(texts(driver)).toEqual([`{"n":1.50,"row":${text}}`, `{"n":1.50,"row":${text}}`]);
    const changelog = driver.topology.stores[0]?.changelogTopic ?? '';
    expect(texts(driver, changelog)).toEqual([text]);
  });
});
