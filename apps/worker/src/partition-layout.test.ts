import { pipelineSchema, planTopology, topicCatalogue } from '@millrace/engine';
import { untypedTopic } from '@millrace/engine/testing';
import { describe, expect, it } from 'vitest';
import { laidOutTopics, layoutProblem } from './partition-layout.ts';

const source = (id: string) => ({ id, kind: 'source', name: id, config: { topic: id } });
const sink = (id: string) => ({ id, kind: 'sink', name: id, config: { topic: id } });
const count = (id: string, by: string) => ({
  id,
  kind: 'aggregate',
  name: id,
  config: { by, window: 'none', aggregations: [{ name: 'n', function: 'count' }] },
});

const topology = planTopology(
  pipelineSchema.parse({
    formatVersion: 1,
    id: 'p',
    name: 'p',
    nodes: [
      ...['plain', 'grouped', 'keyed'].map(source),
      ...['copy', 'counts', 'sums'].map(sink),
      count('count', 'value.g'),
      count('sum', ''),
    ],
    edges: ['plain > copy', 'grouped > count', 'count > counts', 'keyed > sum', 'sum > sums'].map((edge) => {
      const [from, to] = edge.split(' > ');
      return { from: `${from}.out`, to: `${to}.in` };
    }),
  }),
  topicCatalogue(['plain', 'copy', 'grouped', 'counts', 'keyed', 'sums'].map((name) => untypedTopic(name, 2))),
);

const now = (counts: Record<string, number>) => layoutProblem(topology, new Map(Object.entries(counts)));

describe('the partitions of a topology that runs', () => {
  it('are looked at in all topics that are read, written or its own, and are no problem as they were planned', () => {
    const topics = laidOutTopics(topology);
    expect(topics).toEqual(
      expect.arrayContaining(['plain', 'copy', 'grouped', 'keyed', 'p-count-repartition', 'p-sum-store-changelog']),
    );
    const own = topology.topics.map(({ name, partitions }) => [name, partitions] as const);
    expect(now({ plain: 2, copy: 2, grouped: 2, keyed: 2, ...Object.fromEntries(own) })).toBe(null);
    // What is not known is not judged: reading and writing say what is wrong with it.
    expect(now({})).toBe(null);
  });

  it('stop it where state is laid out by them, in its own topics and in those that feed a store', () => {
    expect(now({ keyed: 3, plain: 3 })).toMatchObject({
      stops: true,
      message: expect.stringContaining(
        'keyed has 3 partitions now, and the store p-sum-store is laid out by 2',
      ) as unknown,
    });
    expect(now({ 'p-sum-store-changelog': 3 })?.stops).toBe(true);
    expect(now({ 'p-count-repartition': 3 })?.stops).toBe(true);
    expect(now({ plain: 1 })).toMatchObject({ stops: true, message: expect.stringContaining('made anew') as unknown });
  });

  it('stop it where a topic is gone that it reads or keeps state in', () => {
    expect(now({ keyed: 0 })).toMatchObject({
      stops: true,
      message: expect.stringContaining(
        'There is no topic keyed on the Kafka cluster any more. Create it again',
      ) as unknown,
    });
    expect(now({ 'p-sum-store-changelog': 0 })?.message).toContain(
      'was deleted, with what it held. Reset the pipeline',
    );
    expect(now({ copy: 0 })).toBe(null);
  });

  it('are told where nothing is wrong yet, with the way to use the new ones', () => {
    expect(now({ plain: 3 })).toMatchObject({
      stops: false,
      message: expect.stringContaining('Deploy the pipeline again to read the others too.') as unknown,
    });
    expect(now({ grouped: 3 })).toMatchObject({
      stops: false,
      message: expect.stringContaining('another id') as unknown,
    });
    expect(now({ copy: 3 })).toMatchObject({
      stops: false,
      message: expect.stringContaining('still written to the first 2') as unknown,
    });
  });
});
