import { describe, expect, it } from 'vitest';
import { MemoryLog } from '../log/memory-log.ts';
import { encodeBatch } from '../log/record-batch-builder.ts';
import { nodeKinds } from '../nodes/node-kinds.ts';
import { MemoryWorker } from '../testing/memory-worker.ts';
import { type SketchedNode, sketch } from '../testing/pipeline-sketch.ts';
import { TopologyTestDriver, untypedTopic } from '../testing/topology-test-driver.ts';
import { planTopology } from '../topology/plan-topology.ts';
import { topicCatalogue } from '../topology/topic-catalogue.ts';
import { readPipeline } from './read-pipeline.ts';
import { validatePipeline } from './validate-pipeline.ts';

const catalogue = topicCatalogue([untypedTopic('t', 2)]);
const source: SketchedNode = ['source', { topic: 't' }];
const sink: SketchedNode = ['sink', { topic: 'out', partitions: 1 }];
const filter: SketchedNode = ['filter', { condition: 'true' }];

function document(changes: string): unknown {
  return JSON.parse(`{"formatVersion":1,"id":"p","name":"p","nodes":[],"edges":[]${changes}}`);
}

describe('a document', () => {
  it('of ten thousand nodes of many kinds is judged and planned', () => {
    const nodes: { [id: string]: SketchedNode } = { source };
    const edges: string[] = [];
    const kinds: readonly SketchedNode[] = [
      ['branch', { branches: [{ name: 'a', condition: 'timestamp > 5' }] }],
      ['merge'],
      ['re-key', { key: 'string(key)' }],
      ['repartition', { partitions: 4 }],
      ['flat-map', { items: '[value]' }],
      ['aggregate', { aggregations: [{ name: 'n', function: 'count' }] }],
      ['to-stream', {}],
    ];
    let above = 'source';
    for (let at = 0; Object.keys(nodes).length < 9998 - kinds.length; at++) {
      const ids = kinds.map(([kind]) => `${kind}-${at}`);
      kinds.forEach((node, index) => {
        nodes[ids[index] as string] = node;
      });
      const [branch, merge, reKey, repartition, flatMap, aggregate, stream] = ids;
      edges.push(`${above} > ${branch}`, `${branch}.a > ${merge}.in-1`, `${branch}.otherwise > ${merge}.in-2`);
      edges.push(`${merge} > ${reKey}`, `${reKey} > ${repartition}`, `${repartition} > ${flatMap}`);
      edges.push(`${flatMap} > ${aggregate}`, `${aggregate} > ${stream}`);
      above = stream as string;
    }
    for (let at = 0; Object.keys(nodes).length < 9999; at++) {
      nodes[`filter-${at}`] = filter;
      edges.push(`${above} > filter-${at}`);
      above = `filter-${at}`;
    }
    nodes.sink = sink;
    const pipeline = sketch('p', nodes, [...edges, `${above} > sink`]);
    expect(pipeline.nodes).toHaveLength(10_000);
    const begin = performance.now();
    const { diagnostics } = validatePipeline(pipeline, catalogue);
    console.log(`ten thousand nodes of seven kinds: judged in ${Math.round(performance.now() - begin)} ms`);
    expect(diagnostics).toEqual([]);
    expect(planTopology(pipeline, catalogue).subTopologies.length).toBeGreaterThan(1000);
  });

  it('in which a name stands twice counts as what its last one says', () => {
    expect(readPipeline(document(',"name":"first","name":"second"'))).toMatchObject({
      ok: true,
      pipeline: { name: 'second' },
    });
  });

  it('with two nodes of one id says so, and judges the first', () => {
    const node = { id: 'same', kind: 'source', name: 'one', config: { topic: 't' } };
    const read = readPipeline({ ...(document('') as object), nodes: [node, { ...node, kind: 'nonsense' }] });
    const found = read.ok ? validatePipeline(read.pipeline, catalogue).diagnostics : [];
    expect(found.map(({ code }) => code)).toContain('duplicate-id');
    expect(found.map(({ code }) => code)).not.toContain('unknown-kind');
  });

  it('with numbers beyond all bounds is refused where they stand', () => {
    const settings = readPipeline(document(',"settings":{"commitIntervalMs":9007199254740993}'));
    expect(settings).toMatchObject({ ok: false, diagnostics: [{ path: ['settings', 'commitIntervalMs'] }, {}] });
    const infinite = readPipeline(document(',"layout":{"nodes":[{"id":"a","x":1e400,"y":0}]}'));
    expect(infinite).toMatchObject({ ok: false, diagnostics: [{ path: ['layout', 'nodes', 0, 'x'] }] });
    for (const [kind, config, path] of [
      ['sink', { topic: 'o', partitions: 1e308 }, ['partitions']],
      ['sink', { topic: 'o', partitions: 1.5 }, ['partitions']],
      ['source', { topic: 't', readAs: 'table', historyMs: 2 ** 53 }, ['historyMs']],
      ['generator', { seed: 2 ** 53 }, ['seed']],
      ['generator', { fields: [{ name: 'n', max: 1e300 }] }, ['fields', 0, 'max']],
      ['repartition', { partitions: -1 }, ['partitions']],
    ] as const) {
      const { diagnostics } = validatePipeline(sketch('p', { x: [kind, config] }, []), catalogue);
      const found = diagnostics.filter(({ code }) => code === 'config');
      expect(found.length).toBeGreaterThan(0);
      for (const one of found) expect(one).toMatchObject({ node: 'x', severity: 'error', path });
    }
  });

  it('says of a setting that no kind has where it stands, also in a list', () => {
    const found = (node: SketchedNode) =>
      validatePipeline(sketch('p', { x: node }, []), catalogue)
        .diagnostics.filter(({ code }) => code === 'config')
        .map(({ path, message }) => [path, message]);
    expect(found(['merge', { input: 3 }])).toEqual([[['input'], 'Merge has no setting input.']]);
    expect(found(['branch', { branches: [{ name: 'a', condition: 'true', when: 1 }] }])).toEqual([
      [['branches', 0, 'when'], 'Branch has no setting branches.0.when.'],
    ]);
  });
});

describe('names that objects have by themselves', () => {
  const events: SketchedNode = ['source', { topic: 't', invalidTimestamp: 'partition-time' }];
  const pipeline = () =>
    sketch(
      'constructor',
      {
        constructor: events,
        branch: ['branch', { branches: [{ name: 'constructor', condition: 'value.constructor > 1' }] }],
        kept: ['aggregate', { aggregations: [{ name: 'constructor', function: 'sum', value: 'value.constructor' }] }],
        out: ['sink', { topic: 'out', partitions: 1, headers: [{ name: '__proto__', value: 'value.constructor' }] }],
        others: ['sink', { topic: 'others', partitions: 1 }],
      },
      ['constructor > branch', 'branch.constructor > kept', 'kept > out', 'branch.otherwise > others'],
    );

  it('name nodes, outputs, fields and results as any others do', () => {
    const driver = new TopologyTestDriver(pipeline(), [untypedTopic('t')]);
    driver.pipe('t', { key: 'constructor', value: { constructor: 2 }, timestamp: 1 });
    driver.pipe('t', { key: '__proto__', value: { constructor: 1 }, timestamp: 2 });
    driver.pipe('t', { key: 'constructor', value: {}, timestamp: 3 });
    const header = driver.written.find(({ topic }) => topic === 'out')?.headers;
    expect(header).toMatchObject([{ name: '__proto__', value: new TextEncoder().encode('2') }]);
    expect(driver.read('out')).toMatchObject([{ key: 'constructor', value: { constructor: 2 } }]);
    expect(driver.read('others')).toMatchObject([{ key: '__proto__' }]);
    expect(driver.run.counters().get('constructor')).toMatchObject({ in: 3, forwarded: 3 });
    expect(driver.run.counters().get('branch')).toMatchObject({ in: 3, forwarded: 2, failed: 1 });
  });

  it('go on after a restart', async () => {
    const log = new MemoryLog();
    const cleanup = { policy: 'delete', retentionMs: null, retentionBytes: null } as const;
    await log.ensureTopics([{ name: 't', partitions: 1, role: 'external', cleanup, owner: null }]);
    const topology = planTopology(pipeline(), topicCatalogue([untypedTopic('t')]));
    const disk = new Map();
    for (const amount of [2, 3]) {
      const value = JSON.stringify({ constructor: amount });
      await log.append([{ topic: 't', partition: 0, batch: encodeBatch([{ key: 'k', value, timestamp: 1 }]) }]);
      await (await MemoryWorker.start(log, topology, disk)).drain();
    }
    const [result] = await log.read([{ topic: 'out', partition: 0, offset: 0 }], {
      maxBytesPerPartition: 10_000,
      maxWaitMs: 0,
    });
    const values = result?.batches.map((batch) => new TextDecoder().decode(batch.value(0) ?? new Uint8Array()));
    expect(values).toEqual(['{"constructor":2}', '{"constructor":5}']);
  });

  it('name no kind, no setting and no function', () => {
    expect(Object.keys(nodeKinds)).not.toContain('constructor');
    const config = { condition: 'constructor(value)' };
    const found = validatePipeline(
      sketch('p', { s: source, f: ['filter', config], x: ['constructor'], o: sink }, ['s > f', 'f > o']),
      catalogue,
    ).diagnostics;
    expect(found.filter(({ node }) => node === 'x')).toMatchObject([{ code: 'unknown-kind' }]);
    expect(found.filter(({ node }) => node === 'f')).toMatchObject([{ severity: 'error', path: ['condition'] }]);
  });
});

describe('keys', () => {
  it.each([
    ['that are no UTF-8', 'string', '\xff'],
    ['that are no JSON', 'json', '{'],
    ['of another length', 'int32', 'abc'],
    ['beyond ±(2^53−1)', 'int64', '\x00\x20\x00\x00\x00\x00\x00\x01'],
    ['of JSON beyond ±(2^53−1)', 'json', '{"id":9007199254740993}'],
    ['that are NaN', 'double', '\x7f\xf8\x00\x00\x00\x00\x00\x00'],
    ['nested without end', 'json', `${'['.repeat(5000)}${']'.repeat(5000)}`],
  ])('%s fail at the source, with their bytes in the dead letter', (_what, keyFormat, key) => {
    const driver = new TopologyTestDriver(
      sketch('p', { s: ['source', { topic: 't', keyFormat }], o: sink }, ['s > o']),
      [untypedTopic('t')],
    );
    driver.run.pipe('t', 0, [{ key, value: '1', timestamp: 0 }]);
    driver.run.drain();
    expect(driver.run.counters().get('s')).toMatchObject({ in: 1, failed: 1 });
    expect(driver.written.filter(({ topic }) => topic === 'p-dead-letters').map((letter) => letter.key)).toEqual([key]);
  });
});
