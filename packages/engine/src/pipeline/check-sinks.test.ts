import { describe, expect, it } from 'vitest';
import { type SketchedNode, sketch } from '../testing/pipeline-sketch.ts';
import { untypedTopic } from '../testing/topology-test-driver.ts';
import { topicCatalogue } from '../topology/topic-catalogue.ts';
import type { Diagnostic } from './diagnostic.ts';
import { validatePipeline } from './validate-pipeline.ts';

const sampled = { sampled: 10 };
const catalogue = topicCatalogue([
  untypedTopic('in', 4),
  untypedTopic('other', 4),
  { ...untypedTopic('texts', 6), ...sampled },
  { ...untypedTopic('numbers', 4, 'int32'), ...sampled },
  { ...untypedTopic('objects', 4, 'json'), ...sampled },
  { ...untypedTopic('odd', 4, 'bytes'), ...sampled },
  untypedTopic('silent', 4, 'int32'),
]);

type Nodes = { readonly [id: string]: SketchedNode };

const source: SketchedNode = ['source', { topic: 'in' }];
const to = (topic: string, partitions = 4): SketchedNode => ['sink', { topic, partitions }];
const keyed = (keyFormat: string): SketchedNode => ['map', { key: 'value.k', keyFormat }];
const hourly = (): SketchedNode => [
  'aggregate',
  { window: 'tumbling', aggregations: [{ name: 'n', function: 'count' }] },
];

function diagnose(nodes: Nodes, edges: readonly string[]): readonly Diagnostic[] {
  return validatePipeline(sketch('p', nodes, edges), catalogue).diagnostics;
}

/** What is found when records of a source with keys of that format are written to an existing topic. */
function written(keyFormat: string, topic: string, partitions = 4): readonly Diagnostic[] {
  return diagnose({ source, keyed: keyed(keyFormat), out: to(topic, partitions) }, ['source > keyed', 'keyed > out']);
}

describe('a topic that the pipeline itself reads', () => {
  it('is not written, at once or over other nodes', () => {
    const filter: SketchedNode = ['filter', { condition: 'true' }];
    expect(diagnose({ source, filter, out: to('in') }, ['source > filter', 'filter > out'])).toEqual([
      {
        code: 'own-output',
        severity: 'error',
        node: 'out',
        path: ['topic'],
        message:
          'out writes the topic in and source reads it, so records that went out would come in again. Write another topic, or read this one in another pipeline.',
      },
    ]);
    const half: Nodes = { source, first: to('other'), again: ['source', { topic: 'other' }], last: to('new') };
    expect(diagnose(half, ['source > first', 'again > last'])).toMatchObject([
      { code: 'own-output', node: 'first', message: expect.stringContaining('again reads it') },
    ]);
  });

  it('is found for each sink that writes it, and for a table', () => {
    const nodes: Nodes = {
      source,
      table: ['source', { topic: 'other', readAs: 'table' }],
      a: to('other'),
      b: to('other'),
    };
    const found = diagnose(nodes, ['source > a', 'table > b']);
    expect(found.map(({ code, node }) => [code, node])).toEqual([
      ['own-output', 'a'],
      ['own-output', 'b'],
    ]);
  });

  it('is nothing to a sink that has no topic yet', () => {
    const found = diagnose({ source, empty: ['source', { topic: '' }], out: to(''), more: to('') }, [
      'source > out',
      'empty > more',
    ]);
    expect(new Set(found.map(({ code }) => code))).toEqual(new Set(['missing-topic']));
  });
});

describe('sinks that write the same topic', () => {
  const edges = ['source > a', 'source > b'];

  it('agree on the partitions with which they make it, said or not', () => {
    expect(diagnose({ source, a: to('new', 2), b: to('new', 2) }, edges)).toEqual([]);
    expect(diagnose({ source, a: to('new', 2), b: to('new', 8) }, edges)).toEqual([
      {
        code: 'partitions',
        severity: 'error',
        node: 'b',
        path: ['partitions'],
        message: 'a makes new with 2 partitions, and b with 8. Give both the same count.',
        fix: { title: 'Use 2', value: 2 },
      },
    ]);
    const unsaid: SketchedNode = ['sink', { topic: 'new' }];
    expect(diagnose({ source, a: unsaid, b: to('new', 8) }, edges)).toMatchObject([{ code: 'partitions', node: 'b' }]);
  });

  it('agree on the format of the keys, whether the topic is there or not', () => {
    const nodes = (topic: string): Nodes => ({ source, a: to(topic), keyed: keyed('int64'), b: to(topic) });
    for (const topic of ['new', 'other']) {
      expect(diagnose(nodes(topic), ['source > a', 'source > keyed', 'keyed > b'])).toEqual([
        {
          code: 'unequal-keys',
          severity: 'error',
          node: 'b',
          path: ['topic'],
          message: `a writes keys of the format string to ${topic}, and b writes keys of the format int64. Whoever reads the topic could not tell them apart: give each sink a topic of its own.`,
        },
      ]);
    }
  });

  it('agree on whether keys come with their window', () => {
    const found = diagnose({ source, hourly: hourly(), a: to('new'), b: to('new') }, [
      'source > hourly',
      'hourly > a',
      'source > b',
    ]);
    expect(found).toMatchObject([
      {
        code: 'unequal-keys',
        node: 'b',
        message: expect.stringContaining('a writes keys of the format string with their window'),
      },
    ]);
  });

  it('are each held against the first of them', () => {
    const nodes: Nodes = { source, a: to('new', 2), b: to('new', 3), c: to('new', 2), d: to('new', 3) };
    const found = diagnose(nodes, ['source > a', 'source > b', 'source > c', 'source > d']);
    expect(found.map(({ code, node }) => [code, node])).toEqual([
      ['partitions', 'b'],
      ['partitions', 'd'],
    ]);
  });
});

describe('a sink to a topic that is there', () => {
  it('is warned when its keys look unlike those in it', () => {
    expect(written('string', 'numbers')).toMatchObject([
      {
        code: 'key-format',
        severity: 'warning',
        node: 'out',
        path: ['topic'],
        message: expect.stringContaining(
          'The keys of numbers look like the format int32, and this writes the format string.',
        ),
      },
    ]);
    expect(
      diagnose({ source, hourly: hourly(), out: to('numbers') }, ['source > hourly', 'hourly > out']),
    ).toMatchObject([{ code: 'key-format', message: expect.stringContaining('writes the format json') }]);
  });

  it.each([
    ['string', 'texts'],
    ['json', 'texts'],
    ['json', 'objects'],
    ['int32', 'numbers'],
    ['bytes', 'numbers'],
    ['double', 'odd'],
    ['string', 'silent'],
  ])('may write the format %s to the topic %s', (format, topic) => {
    expect(written(format, topic, topic === 'texts' ? 6 : 4)).toEqual([]);
  });

  it('is told that its partitions are not used', () => {
    expect(written('string', 'texts', 3)).toEqual([
      {
        code: 'partitions',
        severity: 'note',
        node: 'out',
        path: ['partitions'],
        message: 'texts is there already, and its count of partitions stays 6: this number is not used.',
        fix: { title: 'Use 6', value: 6 },
      },
    ]);
  });
});
