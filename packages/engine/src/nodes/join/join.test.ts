import { formatValueType } from '@millrace/expression';
import { describe, expect, it } from 'vitest';
import { validatePipeline } from '../../pipeline/validate-pipeline.ts';
import { type SketchedNode, sketch } from '../../testing/pipeline-sketch.ts';
import { untypedTopic } from '../../testing/topology-test-driver.ts';
import { type CatalogueTopic, topicCatalogue } from '../../topology/topic-catalogue.ts';

const rows = (name: string, field: string): CatalogueTopic => ({
  ...untypedTopic(name),
  value: { kind: 'object', open: false, fields: [{ name: field, type: { kind: 'number' }, optional: false }] },
});

const catalogue = topicCatalogue([rows('l', 'a'), rows('r', 'b')]);

const stream: SketchedNode = ['source', {}];
const table: SketchedNode = ['source', { readAs: 'table' }];
const global: SketchedNode = ['source', { readAs: 'global' }];
const history: SketchedNode = ['source', { readAs: 'table', historyMs: 1_000 }];

function validate(left: SketchedNode, right: SketchedNode, config: object) {
  const on = ([kind, settings]: SketchedNode, topic: string): SketchedNode => [kind, { topic, ...settings }];
  const nodes = {
    l: on(left, 'l'),
    r: on(right, 'r'),
    j: ['join', { value: '{ ...left, ...right }', ...config }],
    o: ['sink', { topic: 'out' }],
  } as const;
  const validation = validatePipeline(sketch('p', nodes, ['l > j.left', 'r > j.right', 'j > o']), catalogue);
  return {
    findings: validation.diagnostics.filter(({ node }) => node === 'j'),
    output: validation.outputs.get('j.out'),
  };
}

const within = { beforeMs: 1_000, afterMs: 1_000 };

describe('what a join makes of its inputs', () => {
  it.each([
    ['two streams', stream, stream, within, 'stream'],
    ['a stream and a table', stream, table, {}, 'stream'],
    ['a stream and a global table', stream, global, { globalKey: 'value.a', value: 'right' }, 'stream'],
    ['two tables', table, table, {}, 'table'],
    ['two tables, by a foreign key', table, table, { foreignKey: 'string(value.a)' }, 'table'],
  ])('of %s', (_name, left, right, config, shape) => {
    const { findings, output } = validate(left, right, config);
    expect(findings.filter(({ path }) => path[0] !== 'globalKey')).toEqual([]);
    expect(output?.shape).toBe(shape);
  });

  it('says which sides may be missing', () => {
    const typed = (type: string) => {
      const { output } = validate(stream, stream, { ...within, type, value: '{ left, right }' });
      if (output?.value.kind !== 'object') return output?.value;
      return output.value.fields.map(({ name, type: side }) => `${name}: ${formatValueType(side)}`);
    };
    expect(typed('inner')).toEqual(['left: {a}', 'right: {b}']);
    expect(typed('left')).toEqual(['left: {a}', 'right: {b} | null']);
    expect(typed('outer')).toEqual(['left: {a} | null', 'right: {b} | null']);
  });

  it('gives a table with history no history itself', () => {
    expect(validate(history, history, {}).output?.versionedMs ?? 0).toBe(0);
  });

  it('has the key that a stream is joined by', () => {
    const { output } = validate(stream, stream, {
      ...within,
      leftKey: 'value.a',
      rightKey: 'value.b',
      keyFormat: 'double',
    });
    expect(output).toMatchObject({ keyFormat: 'double', key: { kind: 'number' } });
  });
});

describe('what cannot be joined', () => {
  it.each<[string, SketchedNode, SketchedNode, object, string, string]>([
    ['a table with a stream', table, stream, {}, 'join-inputs', 'Wire the stream to the input left'],
    ['a table with a global table', table, global, {}, 'join-inputs', 'only a stream looks rows up in a global table'],
    ['keeping rows that no stream record met', stream, table, { type: 'outer' }, 'outer-join', 'Only the stream makes'],
    ['the same of a global table', stream, global, { type: 'outer' }, 'outer-join', 'Only the stream makes'],
    ['in no time', stream, stream, { beforeMs: 5, afterMs: -6 }, 'join-window', 'No time is both'],
    ['over years', stream, stream, { beforeMs: 0, afterMs: 4e10 }, 'join-window', 'at most 366 days'],
    ['with a negative grace', stream, stream, { ...within, graceMs: -1 }, 'grace', 'not negative'],
    ['with a grace without history', stream, table, { graceMs: 5 }, 'no-grace', 'r keeps no history'],
    ['with a grace beyond history', stream, history, { graceMs: 1_001 }, 'grace', 'only 1000 ms of history'],
    ['tables that wait', table, table, { graceMs: 5 }, 'no-grace', 'as they are at any moment'],
    ['a table by a key of its own', stream, table, { rightKey: 'value.b' }, 'table-key', 'r is a table'],
    ['a moved stream with a global table', stream, global, { leftKey: 'value.a' }, 'global-key', 'Leave this empty'],
    ['keys of other formats', stream, stream, { ...within, leftKey: '1', keyFormat: 'int32' }, 'unequal-keys', 'int32'],
    ['by a key that does not fit', stream, stream, { ...within, leftKey: 'value.a' }, 'key-format', 'string(…)'],
  ])('%s', (_name, left, right, config, code, words) => {
    const { findings } = validate(left, right, config);
    expect(findings).toContainEqual(
      expect.objectContaining({ code, severity: 'error', message: expect.stringContaining(words) }),
    );
  });

  it('warns of a window of no length, and of one that has no effect', () => {
    expect(validate(stream, stream, {}).findings).toMatchObject([{ code: 'join-window', severity: 'warning' }]);
    expect(validate(stream, table, { beforeMs: 5 }).findings).toMatchObject([
      { code: 'no-window', severity: 'warning', path: ['beforeMs'], fix: { value: 0 } },
    ]);
  });
});
