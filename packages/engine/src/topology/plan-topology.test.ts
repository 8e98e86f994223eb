import { describe, expect, it } from 'vitest';
import type { Pipeline } from '../pipeline/document.ts';
import { type SketchedNode, sketch } from '../testing/pipeline-sketch.ts';
import { untypedTopic } from '../testing/topology-test-driver.ts';
import { describeTopology } from './describe-topology.ts';
import { planTopology } from './plan-topology.ts';
import { topicCatalogue } from './topic-catalogue.ts';
import { subTopologyOf, type Topology, taskIds } from './topology.ts';
import { topologySchema } from './topology-schema.ts';

const catalogue = topicCatalogue([
  ...[1, 2, 3, 4, 5, 6, 8].map((partitions) => untypedTopic(`t${partitions}`, partitions)),
  untypedTopic('existing', 7),
]);

type Nodes = { readonly [id: string]: SketchedNode };

function plan(nodes: Nodes, edges: readonly string[]): Topology {
  return planTopology(sketch('p', nodes, edges), catalogue);
}

const stream = (partitions: number): SketchedNode => ['source', { topic: `t${partitions}` }];
const table = (partitions: number): SketchedNode => ['source', { topic: `t${partitions}`, readAs: 'table' }];
const count = (by = '', more: object = {}): SketchedNode => [
  'aggregate',
  { by, aggregations: [{ name: 'n', function: 'count' }], ...more },
];
const join: SketchedNode = ['join', { value: '{ ...left, right }' }];
const reKey: SketchedNode = ['map', { key: 'value.k' }];
const keep: SketchedNode = ['filter', { condition: 'true' }];
const sink: SketchedNode = ['sink', { topic: 'out' }];

/** Internal topics that are not changelogs, dead letters or commits, with their partitions. */
function repartitions(topology: Topology): { readonly [topic: string]: number } {
  return Object.fromEntries(
    topology.topics.filter((topic) => topic.role === 'repartition').map((topic) => [topic.name, topic.partitions]),
  );
}

function topicOf(topology: Topology, name: string) {
  return topology.topics.find((topic) => topic.name === name);
}

describe('a repartition topic is made exactly when a key changed and equal keys must meet', () => {
  it.each<[string, Nodes, string[], object]>([
    ['an aggregate by the key it has', { s: stream(4), a: count(), o: sink }, ['s > a', 'a > o'], {}],
    [
      'an aggregate by another',
      { s: stream(4), a: count('value.k'), o: sink },
      ['s > a', 'a > o'],
      { 'p-a-repartition': 4 },
    ],
    [
      'an aggregate behind a new key',
      { s: stream(3), m: reKey, f: keep, a: count(), o: sink },
      ['s > m', 'm > f', 'f > a', 'a > o'],
      { 'p-a-repartition': 3 },
    ],
    [
      'an aggregate by another key behind a new key',
      { s: stream(3), m: reKey, a: count('value.k'), o: sink },
      ['s > m', 'm > a', 'a > o'],
      { 'p-a-repartition': 3 },
    ],
    [
      'an aggregate behind a new value',
      { s: stream(3), m: ['map', { value: '{ k: 1 }' }], a: count(), o: sink },
      ['s > m', 'm > a', 'a > o'],
      {},
    ],
    ['a sink behind a new key', { s: stream(3), m: reKey, o: sink }, ['s > m', 'm > o'], {}],
    [
      'a join by the key it has',
      { s: stream(4), t: table(4), j: join, o: sink },
      ['s > j.left', 't > j.right', 'j > o'],
      {},
    ],
    [
      'a join behind a new key',
      { s: stream(4), m: reKey, t: table(4), j: join, o: sink },
      ['s > m', 'm > j.left', 't > j.right', 'j > o'],
      { 'p-m-repartition': 4 },
    ],
    [
      'an aggregate behind a join that was re-keyed already',
      { s: stream(4), m: reKey, t: table(4), j: join, a: count(), o: sink },
      ['s > m', 'm > j.left', 't > j.right', 'j > a', 'a > o'],
      { 'p-m-repartition': 4 },
    ],
    [
      'two joins behind one new key, which share it',
      { s: stream(4), m: reKey, t: table(4), j: join, j2: ['join', { type: 'left', value: '1' }], o: sink, o2: sink },
      ['s > m', 'm > j.left', 't > j.right', 'm > j2.left', 't > j2.right', 'j > o', 'j2 > o2'],
      { 'p-m-repartition': 4 },
    ],
  ])('%s', (_name, nodes, edges, expected) => {
    expect(repartitions(plan(nodes, edges))).toEqual(expected);
  });

  it('lets records without a key through if one of those who share it wants them', () => {
    const topology = plan(
      { s: stream(4), m: reKey, t: table(4), j: join, j2: ['join', { type: 'left', value: '1' }], o: sink, o2: sink },
      ['s > m', 'm > j.left', 't > j.right', 'm > j2.left', 't > j2.right', 'j > o', 'j2 > o2'],
    );
    const shared = topology.subTopologies
      .flatMap((part) => part.processors)
      .find((one) => one.id === 'm.repartition-key');
    expect(shared).toMatchObject({ node: 'm', role: 'after', config: { keepNullKeys: true } });
  });
});

describe('partition counts', () => {
  it('of a repartition topic are the greatest of what its writer reads', () => {
    const topology = plan({ s: stream(5), a: count('value.k'), o: sink }, ['s > a', 'a > o']);
    expect(topology.subTopologies.map((part) => part.partitions)).toEqual([5, 5]);
    expect(taskIds(topology)).toEqual(['0_0', '0_1', '0_2', '0_3', '0_4', '1_0', '1_1', '1_2', '1_3', '1_4']);
  });

  it('of a re-keyed stream follow the table it is joined with', () => {
    const topology = plan({ s: stream(2), m: reKey, t: table(8), j: join, o: sink }, [
      's > m',
      'm > j.left',
      't > j.right',
      'j > o',
    ]);
    expect(repartitions(topology)).toEqual({ 'p-m-repartition': 8 });
    expect(topicOf(topology, 'p-t-store-changelog')?.partitions).toBe(8);
    const writer = topology.subTopologies.find((part) => part.sinks.some((one) => one.internal));
    expect(writer?.partitions).toBe(2);
    expect(writer?.sinks[0]?.partitions).toBe(8);
  });

  it('of a regrouped table follow the stream that is joined with it', () => {
    const topology = plan({ s: stream(6), x: stream(3), a: count('value.k'), j: join, o: sink }, [
      'x > a',
      's > j.left',
      'a > j.right',
      'j > o',
    ]);
    expect(repartitions(topology)).toEqual({ 'p-a-repartition': 6 });
    expect(topicOf(topology, 'p-a-store-changelog')?.partitions).toBe(6);
  });

  it('of two repartition topics that meet are the greater of both', () => {
    const nodes: Nodes = { s: stream(2), m: reKey, x: stream(5), a: count('value.k'), j: join, o: sink };
    const topology = plan(nodes, ['s > m', 'm > j.left', 'x > a', 'a > j.right', 'j > o']);
    expect(repartitions(topology)).toEqual({ 'p-m-repartition': 5, 'p-a-repartition': 5 });
  });

  it('are the same for all that meet, also over several joins', () => {
    const nodes: Nodes = {
      s: stream(2),
      m: reKey,
      x: stream(3),
      a: count('value.k'),
      j: join,
      t: table(8),
      j2: join,
      o: sink,
    };
    const topology = plan(nodes, [
      's > m',
      'm > j.left',
      'x > a',
      'a > j.right',
      'j > j2.left',
      't > j2.right',
      'j2 > o',
    ]);
    expect(repartitions(topology)).toEqual({ 'p-m-repartition': 8, 'p-a-repartition': 8 });
    const [part] = topology.subTopologies.filter((candidate) => candidate.stores.length > 0);
    expect(part?.partitions).toBe(8);
    expect(new Set(part?.sources.map((source) => source.partitions))).toEqual(new Set([8]));
  });

  it('of topics that a sub-topology both writes and reads follow from what else it reads', () => {
    const nodes: Nodes = {
      s: stream(2),
      m: reKey,
      x: stream(5),
      a: count('value.k'),
      j: join,
      m2: reKey,
      j2: join,
      o: sink,
    };
    const topology = plan(nodes, [
      's > m',
      'm > j.left',
      'x > a',
      'a > j.right',
      'j > m2',
      'm2 > j2.left',
      'a > j2.right',
      'j2 > o',
    ]);
    expect(repartitions(topology)).toEqual({ 'p-m-repartition': 5, 'p-a-repartition': 5, 'p-m2-repartition': 5 });
  });

  it('of a changelog are the tasks that keep the store', () => {
    const topology = plan({ s: stream(3), a: count('value.k'), t: table(4), o: sink, o2: ['sink', { topic: 'u' }] }, [
      's > a',
      'a > o',
      't > o2',
    ]);
    for (const store of topology.stores) {
      const part = topology.subTopologies.find((candidate) => candidate.stores.includes(store.name));
      expect([store.name, topicOf(topology, store.changelogTopic)?.partitions]).toEqual([store.name, part?.partitions]);
    }
  });
});

describe('names', () => {
  const topology = plan(
    {
      s: stream(4),
      t: table(4),
      kept: keep,
      j: join,
      a: count('value.k', { window: 'tumbling', windowMs: 1000, graceMs: 500, retentionMs: 10 }),
      o: sink,
    },
    ['s > j.left', 't > kept', 'kept > j.right', 'j > a', 'a > o'],
  );

  it('of stores and internal topics follow from pipeline, node and role', () => {
    expect(topology.stores.map((store) => store.name)).toEqual(['p-t-store', 'p-a-store']);
    expect(topology.topics.map((topic) => `${topic.role} ${topic.name} ${topic.owner}`)).toEqual([
      'repartition p-a-repartition p',
      'external out null',
      'changelog p-t-store-changelog p',
      'changelog p-a-store-changelog p',
      'dead-letter p-dead-letters p',
      'commits p-commits p',
    ]);
    expect(topology).toMatchObject({ deadLetterTopic: 'p-dead-letters', commitsTopic: 'p-commits' });
  });

  it('do not follow from where a node stands in the document', () => {
    const pipeline = sketch('p', { s: stream(4), a: count('value.k'), o: sink }, ['s > a', 'a > o']);
    const turned: Pipeline = { ...pipeline, nodes: pipeline.nodes.toReversed(), edges: pipeline.edges.toReversed() };
    const names = (one: Topology): readonly string[] => [...one.topics, ...one.stores].map(({ name }) => name).sort();
    expect(names(planTopology(turned, catalogue))).toEqual(names(planTopology(pipeline, catalogue)));
  });

  it('make no store for a derived table: its rows follow from those of its source', () => {
    const joined = topology.subTopologies.flatMap((part) => part.processors).find((one) => one.id === 'j');
    expect(joined).toMatchObject({ stores: [], rows: { right: 'kept' } });
    const direct = plan({ s: stream(4), t: table(4), j: join, o: sink }, ['s > j.left', 't > j.right', 'j > o']);
    expect(direct.stores.map((store) => store.name)).toEqual(['p-t-store']);
    const mapped = plan({ s: stream(4), t: table(4), m: ['map', { value: 'value' }], j: join, o: sink }, [
      's > j.left',
      't > m',
      'm > j.right',
      'j > o',
    ]);
    expect(mapped.stores.map((store) => store.name)).toEqual(['p-t-store']);
  });

  it('carry the window, and keep it at least until it has closed', () => {
    expect(topology.stores.find((store) => store.name === 'p-a-store')).toMatchObject({
      kind: 'window',
      windowSizeMs: 1000,
      graceMs: 500,
      retentionMs: 1500,
    });
  });
});

describe('a store signature', () => {
  const signature = (settings: object, by = ''): string | undefined =>
    plan({ s: stream(4), a: count(by, settings), o: sink }, ['s > a', 'a > o']).stores[0]?.signature;

  it('changes with what is stored, and with nothing else', () => {
    const tumbling = { window: 'tumbling', windowMs: 1000 };
    const plain = signature(tumbling);
    expect(signature({ ...tumbling, graceMs: 100 })).toBe(plain);
    expect(signature({ ...tumbling, windowMs: 2000 })).not.toBe(plain);
    expect(signature({})).not.toBe(plain);
    expect(signature(tumbling, 'value.k')).not.toBe(plain);
    expect(signature({ ...tumbling, aggregations: [{ name: 'n', function: 'sum', value: 'value.x' }] })).not.toBe(
      plain,
    );
  });
});

describe('sinks', () => {
  it('have their topic made when there is none, and take it as it is when there is', () => {
    const nodes: Nodes = {
      s: stream(4),
      a: ['sink', { topic: 'out', partitions: 2 }],
      b: ['sink', { topic: 'existing', partitions: 2 }],
      c: ['sink', { topic: 'out', partitions: 2 }],
    };
    const topology = plan(nodes, ['s > a', 's > b', 's > c']);
    expect(topology.topics.filter((topic) => topic.role === 'external')).toMatchObject([
      { name: 'out', partitions: 2, owner: null },
    ]);
    expect(topology.subTopologies.flatMap((part) => part.sinks).map((one) => [one.topic, one.partitions])).toEqual([
      ['out', 2],
      ['existing', 7],
      ['out', 2],
    ]);
  });

  it('write a windowed table with the window in the key', () => {
    const windowed = count('', { window: 'tumbling', windowMs: 1000 });
    const other: SketchedNode = ['sink', { topic: 'other' }];
    const topology = plan({ s: stream(4), a: windowed, f: keep, o: sink, s2: stream(4), o2: other }, [
      's > a',
      'a > f',
      'f > o',
      's2 > o2',
    ]);
    expect(topology.subTopologies.flatMap((part) => part.sinks).map((one) => [one.id, one.keyEncoding])).toEqual([
      ['o', 'json-window'],
      ['o2', 'plain'],
    ]);
  });
});

describe('a planned topology', () => {
  const topology = plan(
    {
      s: stream(4),
      m: reKey,
      t: table(4),
      j: join,
      a: count('value.k', { window: 'tumbling', windowMs: 10 }),
      o: sink,
    },
    ['s > m', 'm > j.left', 't > j.right', 'j > a', 'a > o'],
  );

  it('is plain JSON', () => {
    expect(JSON.parse(JSON.stringify(topology))).toStrictEqual(topology);
  });

  it('passes the guard at the door of a worker, and other things do not', () => {
    expect(topologySchema.safeParse(JSON.parse(JSON.stringify(topology))).success).toBe(true);
    for (const other of [null, {}, [], { ...topology, stores: [{}] }, { ...topology, commitsTopic: undefined }]) {
      expect(topologySchema.safeParse(other).success).toBe(false);
    }
  });

  it('has every processor after all that forward to it', () => {
    for (const part of topology.subTopologies) {
      const place = new Map(part.processors.map((processor, index) => [processor.id, index]));
      for (const processor of part.processors) {
        for (const { to } of Object.values(processor.targets).flat()) {
          expect(place.get(to) ?? Number.POSITIVE_INFINITY).toBeGreaterThan(place.get(processor.id) as number);
        }
      }
    }
  });

  it('knows its tasks, and no others', () => {
    expect(subTopologyOf(topology, '1_3')).toMatchObject({ partition: 3, subTopology: { id: 1 } });
    for (const id of ['9_0', '0_4', '0', 'x_y', '0_-1', ''])
      expect(() => subTopologyOf(topology, id), id).toThrow(/task/);
  });

  it('is refused for a pipeline with errors, which is our mistake', () => {
    expect(() => plan({ s: stream(4) }, [])).toThrow(/Defect in Millrace/);
  });
});

describe('described as text', () => {
  it('a stream through a filter', () => {
    expect(describeTopology(plan({ s: stream(4), f: keep, o: sink }, ['s > f', 'f > o']))).toBe(
      `Topologies:
   Sub-topology: 0
    Source: s (topics: [t4])
      --> f
    Processor: f (stores: [])
      --> o
      <-- s
    Sink: o (topic: out)
      <-- f
`,
    );
  });

  it('two pipelines side by side, one of which forks', () => {
    expect(
      describeTopology(
        plan({ s: stream(4), a: keep, b: keep, o: sink, t: table(2), p: sink }, ['s > a', 's > b', 'a > o', 't > p']),
      ),
    ).toBe(
      `Topologies:
   Sub-topology: 0
    Source: s (topics: [t4])
      --> a, b
    Processor: a (stores: [])
      --> o
      <-- s
    Processor: b (stores: [])
      --> none
      <-- s
    Sink: o (topic: out)
      <-- a

  Sub-topology: 1
    Source: t.source (topics: [t2])
      --> t
    Processor: t (stores: [p-t-store])
      --> p
      <-- t.source
    Sink: p (topic: out)
      <-- t
`,
    );
  });

  it('a re-keyed stream, joined', () => {
    expect(
      describeTopology(
        plan({ s: stream(4), m: reKey, t: table(4), j: join, o: sink }, [
          's > m',
          'm > j.left',
          't > j.right',
          'j > o',
        ]),
      ),
    ).toBe(
      `Topologies:
   Sub-topology: 0
    Source: s (topics: [t4])
      --> m
    Processor: m (stores: [])
      --> m.repartition-key
      <-- s
    Processor: m.repartition-key (stores: [])
      --> m.repartition-sink
      <-- m
    Sink: m.repartition-sink (topic: m-repartition)
      <-- m.repartition-key

  Sub-topology: 1
    Source: t.source (topics: [t4])
      --> t
    Source: m.repartition-source (topics: [m-repartition])
      --> j
    Processor: t (stores: [p-t-store])
      --> j
      <-- t.source
    Processor: j (stores: [p-t-store])
      --> o
      <-- m.repartition-source, t
    Sink: o (topic: out)
      <-- j
`,
    );
  });

  it('a fork that comes together again, whose far end counts in both branches', () => {
    const line = { y1: keep, y2: keep, y3: keep, y4: keep, y5: keep };
    const text = describeTopology(
      plan({ s: stream(4), x: keep, a: count(), j: join, o: sink, ...line }, [
        's > x',
        'x > a',
        'x > j.left',
        'a > j.right',
        'j > o',
        's > y1',
        'y1 > y2',
        'y2 > y3',
        'y3 > y4',
        'y4 > y5',
      ]),
    );
    const ids = [...text.matchAll(/^ {4}\w+: (\S+)/gm)].map(([, id]) => id);
    expect(ids).toEqual(['s', 'x', 'y1', 'y2', 'a', 'y3', 'j', 'y4', 'o', 'y5']);
  });
});
