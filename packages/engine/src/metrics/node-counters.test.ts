import { describe, expect, it } from 'vitest';
import { sketch } from '../testing/pipeline-sketch.ts';
import { untypedTopic } from '../testing/topology-test-driver.ts';
import { planTopology } from '../topology/plan-topology.ts';
import { topicCatalogue } from '../topology/topic-catalogue.ts';
import { addCounters, type Counters, emptyCounters, missingFates } from './fates.ts';
import { nodeCounters } from './node-counters.ts';
import { countersFromArray, ProcessorCounters } from './processor-counters.ts';

const topology = planTopology(
  sketch(
    'p',
    {
      s: ['source', { topic: 't' }],
      t: ['source', { topic: 't', readAs: 'table' }],
      a: ['aggregate', { by: 'value.k', aggregations: [{ name: 'n', function: 'count' }] }],
      o: ['sink', { topic: 'out' }],
      o2: ['sink', { topic: 'out' }],
    },
    ['s > a', 'a > o', 't > o2'],
  ),
  topicCatalogue([untypedTopic('t', 2)]),
);

const some = (counts: Partial<Counters>): Counters => ({ ...emptyCounters, ...counts });

describe('counters of a node', () => {
  it('take from what stands before it only the records that ended there', () => {
    const nodes = nodeCounters(
      topology,
      new Map([
        ['s', some({ in: 10, forwarded: 10, out: 10 })],
        ['a.key', some({ in: 10, forwarded: 7, out: 7, nullKey: 2, failed: 1 })],
        ['a.repartition-sink', some({ in: 7, forwarded: 6, out: 6, failed: 1 })],
        ['a.repartition-source', some({ in: 5, forwarded: 5, out: 5 })],
        ['a', some({ in: 5, forwarded: 3, out: 3, filtered: 2 })],
        ['t.source', some({ in: 4, forwarded: 3, out: 3, failed: 1 })],
        ['t', some({ in: 3, forwarded: 2, out: 2, nullKey: 1 })],
      ]),
    );
    expect(nodes.get('s')).toEqual(some({ in: 10, forwarded: 10, out: 10 }));
    // Of ten records four ended before the main part and five reached it; one is on its way.
    expect(nodes.get('a')).toEqual(some({ in: 9, forwarded: 3, out: 3, filtered: 2, nullKey: 2, failed: 2 }));
    expect(nodes.get('t')).toEqual(some({ in: 4, forwarded: 2, out: 2, nullKey: 1, failed: 1 }));
    for (const counters of nodes.values()) expect(missingFates(counters)).toBe(0);
    expect(nodes.has('o')).toBe(false);
  });

  it('give a record that ended behind the node the fate that it had there', () => {
    const joined = planTopology(
      sketch(
        'p',
        {
          s: ['source', { topic: 't' }],
          m: ['map', { key: 'value.k' }],
          t: ['source', { topic: 't', readAs: 'table' }],
          j: ['join', { value: 'right' }],
          o: ['sink', { topic: 'out' }],
        },
        ['s > m', 'm > j.left', 't > j.right', 'j > o'],
      ),
      topicCatalogue([untypedTopic('t', 2)]),
    );
    const nodes = nodeCounters(
      joined,
      new Map([
        ['m', some({ in: 9, forwarded: 8, out: 8, failed: 1 })],
        ['m.repartition-key', some({ in: 8, forwarded: 5, out: 5, nullKey: 3 })],
        ['m.repartition-sink', some({ in: 5, forwarded: 5, out: 5 })],
        ['j', some({ in: 5, forwarded: 5, out: 5 })],
      ]),
    );
    expect(nodes.get('m')).toEqual(some({ in: 9, forwarded: 5, out: 5, nullKey: 3, failed: 1 }));
    expect(nodes.get('j')).toEqual(some({ in: 5, forwarded: 5, out: 5 }));
  });

  it('know a missing fate when they see one', () => {
    expect(missingFates(some({ in: 3, forwarded: 1, late: 1 }))).toBe(1);
  });

  it('add up, and survive being stored', () => {
    const counters = new ProcessorCounters();
    counters.add('in', 3);
    counters.countFate('late');
    counters.add('droppedWindows');
    const restored = new ProcessorCounters(JSON.parse(JSON.stringify(counters.toArray())));
    restored.add('in');
    expect(countersFromArray(restored.toArray())).toEqual(some({ in: 4, late: 1, droppedWindows: 1 }));
    expect(addCounters(some({ in: 1, out: 2 }), some({ in: 4 }))).toEqual(some({ in: 5, out: 2 }));
    // Counters of an older version may be fewer, those of a newer one more.
    expect(countersFromArray(new ProcessorCounters([7]).toArray())).toEqual(some({ in: 7 }));
    expect(new ProcessorCounters(Array.from({ length: 40 }, () => 1)).toArray()).toHaveLength(11);
  });
});
