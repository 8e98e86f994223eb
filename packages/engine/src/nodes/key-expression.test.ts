import { inferValueType, unionOf } from '@millrace/expression';
import { describe, expect, it } from 'vitest';
import { type KeyFormat, keyFormats } from '../log/key-format.ts';
import type { Diagnostic } from '../pipeline/diagnostic.ts';
import { validatePipeline } from '../pipeline/validate-pipeline.ts';
import { type SketchedNode, sketch } from '../testing/pipeline-sketch.ts';
import { untypedTopic } from '../testing/topology-test-driver.ts';
import { topicCatalogue } from '../topology/topic-catalogue.ts';

const value = unionOf(
  inferValueType({ text: 'a', count: 1, flag: true, list: [1], inner: { a: 1 }, mixed: 1, maybe: 1, maybeText: null }),
  inferValueType({
    text: 'b',
    count: 2,
    flag: true,
    list: [1],
    inner: { a: 1 },
    mixed: 'x',
    maybe: null,
    maybeText: 'b',
  }),
);
const catalogue = topicCatalogue([
  { ...untypedTopic('t', 4), value },
  untypedTopic('unknown', 4),
  { ...untypedTopic('objects', 4, 'json'), key: inferValueType({ id: 1 }), sampled: 9 },
  { ...untypedTopic('lists', 4, 'json'), key: inferValueType(['a']), sampled: 9 },
]);

type Nodes = { readonly [id: string]: SketchedNode };

function diagnose(nodes: Nodes, edges: readonly string[]): readonly Diagnostic[] {
  return validatePipeline(sketch('p', nodes, edges), catalogue).diagnostics;
}

const out: SketchedNode = ['sink', { topic: 'out' }];

/** What is found about a key that a map gives, and about the same key in an aggregate. */
function findings(key: string, format: KeyFormat, topic = 't'): readonly Diagnostic[] {
  const source: SketchedNode = ['source', { topic }];
  const wire = ['source > x', 'x > out'];
  const inMap = diagnose({ source, x: ['map', { key, keyFormat: format }], out }, wire);
  const aggregate = { by: key, byFormat: format, aggregations: [{ name: 'n', function: 'count' }] };
  const inAggregate = diagnose({ source, x: ['aggregate', aggregate], out }, wire);
  expect(inAggregate).toEqual(inMap.map((found) => ({ ...found, path: ['by'] })));
  return inMap;
}

describe('a key expression', () => {
  it.each<[string, KeyFormat, string]>([
    [
      'value.count',
      'string',
      'The key is a number, and the key format string holds text. Make it text with string(…), or choose the format double.',
    ],
    [
      'value.text',
      'int32',
      'The key is text, and the key format int32 holds numbers. Make it a number with number(…), or choose the format string.',
    ],
    [
      'value.flag',
      'int64',
      'The key is a boolean, and the key format int64 holds numbers. Make it a number with number(…), or choose the format json.',
    ],
    [
      'value.list',
      'string',
      'The key is a list, and the key format string holds text. Make it text with string(…), or choose the format json.',
    ],
    [
      'value.inner',
      'double',
      'The key is an object, and the key format double holds numbers. Make it a number with number(…), or choose the format json.',
    ],
    [
      'value.count',
      'bytes',
      'The key is a number, and the key format bytes holds text in base64. Make it such text, or choose the format double.',
    ],
    [
      'value.maybe',
      'string',
      'The key is a number, and the key format string holds text. Make it text with string(…), or choose the format double.',
    ],
  ])('%s cannot be a key of the format %s', (key, format, message) => {
    expect(findings(key, format)).toEqual([
      { code: 'key-format', severity: 'error', node: 'x', path: ['key'], message },
    ]);
  });

  it('that fits only for some records is a warning', () => {
    expect(findings('value.mixed', 'string')).toMatchObject([
      { code: 'key-format', severity: 'warning', message: expect.stringContaining('The key may be a number, and') },
    ]);
    expect(findings('value.mixed', 'int32')).toMatchObject([
      { severity: 'warning', message: expect.stringContaining('The key may be text, and') },
    ]);
  });

  it.each<[string, KeyFormat]>([
    ['value.text', 'string'],
    ['value.text', 'bytes'],
    ['value.count', 'int32'],
    ['value.count', 'int64'],
    ['value.count', 'double'],
    ['value.maybe', 'double'],
    ['value.maybeText', 'string'],
    ['value.mixed', 'json'],
    ['value.inner', 'json'],
    ['null', 'int32'],
    ["fail('none')", 'int32'],
  ])('%s may be a key of the format %s', (key, format) => {
    expect(findings(key, format)).toEqual([]);
  });

  it.each(keyFormats)('of which nothing is known may be a key of the format %s', (format) => {
    expect(findings('value.id', format, 'unknown')).toEqual([]);
  });
});

describe('the keys of a join', () => {
  const joined = (key: string, keyFormat: KeyFormat, table: string): readonly Diagnostic[] =>
    diagnose(
      {
        source: ['source', { topic: 't' }],
        keyed: ['map', { key, keyFormat }],
        table: ['source', { topic: table, readAs: 'table', keyFormat: 'json' }],
        x: ['join', { value: '{ ...left, right }' }],
        out,
      },
      ['source > keyed', 'keyed > x.left', 'table > x.right', 'x > out'],
    );

  it('are of one format', () => {
    expect(joined('value.text', 'string', 'objects')).toMatchObject([
      { code: 'unequal-keys', severity: 'error', node: 'x' },
    ]);
  });

  it('that never match, since they are of different kinds, are a warning', () => {
    expect(joined('value.text', 'json', 'objects')).toEqual([
      {
        code: 'unequal-keys',
        severity: 'warning',
        node: 'x',
        path: [],
        message:
          'The keys never match: those of keyed are string, those of table are {id}. Give keyed a key like that of table.',
      },
    ]);
    expect(joined('value.inner', 'json', 'lists')).toHaveLength(1);
  });

  it('that may match are nothing to report', () => {
    expect(joined('{ id: value.count }', 'json', 'objects')).toEqual([]);
    expect(joined('value.count > 1 ? { id: 1 } : null', 'json', 'objects')).toEqual([]);
    expect(joined('value.text', 'json', 'unknown')).toEqual([]);
    expect(joined('null', 'json', 'objects')).toEqual([]);
  });
});
