import type { ValueType } from '@millrace/expression';
import { describe, expect, it } from 'vitest';
import { validatePipeline } from '../pipeline/validate-pipeline.ts';
import { type SketchedNode, sketch } from '../testing/pipeline-sketch.ts';
import { untypedTopic } from '../testing/topology-test-driver.ts';
import { topicCatalogue } from '../topology/topic-catalogue.ts';
import { listedFieldsMax, withListedFields } from './listed-fields.ts';

const number: ValueType = { kind: 'number' };

function wide(fields: number, type: ValueType = number): Extract<ValueType, { kind: 'object' }> {
  return {
    kind: 'object',
    fields: Array.from({ length: fields }, (_, index) => ({ name: `f${index}`, type, optional: false })),
    open: false,
  };
}

describe('a type', () => {
  it('with as many fields as may be listed stays as it is', () => {
    for (const type of [
      wide(listedFieldsMax),
      wide(3, wide(2)),
      number,
      { kind: 'array', element: wide(2) } as const,
    ]) {
      expect(withListedFields(type)).toBe(type);
    }
  });

  it('with more lists those that were set last, and may have others', () => {
    const type = withListedFields(wide(listedFieldsMax + 2));
    expect(type).toMatchObject({ kind: 'object', open: true });
    const names = type.kind === 'object' ? type.fields.map(({ name }) => name) : [];
    expect(names).toEqual(Array.from({ length: listedFieldsMax }, (_, index) => `f${index + 2}`));
    expect(withListedFields(type)).toBe(type);
  });

  it('is bounded wherever an object stands in it', () => {
    const over = wide(listedFieldsMax + 1);
    const bounded = withListedFields(over);
    expect(withListedFields({ kind: 'array', element: over })).toEqual({ kind: 'array', element: bounded });
    expect(withListedFields(wide(2, over))).toEqual(wide(2, bounded));
    expect(withListedFields({ kind: 'union', members: [over, { kind: 'null' }] })).toEqual({
      kind: 'union',
      members: [bounded, { kind: 'null' }],
    });
  });
});

describe('behind nodes that set more fields than are listed', () => {
  const perNode = 100;
  const nodes: { [id: string]: SketchedNode } = { source: ['source', { topic: 't' }] };
  const edges: string[] = [];
  const count = listedFieldsMax / perNode + 1;
  for (let at = 0; at < count; at++) {
    const fields = Array.from({ length: perNode }, (_, index) => `f${at * perNode + index}: ${index}`);
    nodes[`m${at}`] = ['map', { value: `{ ${at === 0 ? '' : '...value, '}${fields.join(', ')} }` }];
    edges.push(`${at === 0 ? 'source' : `m${at - 1}`} > m${at}`);
  }
  const diagnose = (condition: string) =>
    validatePipeline(
      sketch('p', { ...nodes, x: ['filter', { condition }], out: ['sink', { topic: 'out' }] }, [
        ...edges,
        `m${count - 1} > x`,
        'x > out',
      ]),
      topicCatalogue([untypedTopic('t')]),
    ).diagnostics;

  it('a field that is there and not listed may be read', () => {
    expect(diagnose('value.f0 == 1 && value.f99 == 1')).toEqual([]);
  });

  it('a listed field still has its type', () => {
    expect(diagnose('value.f450')).toMatchObject([{ code: 'not-boolean', node: 'x' }]);
  });
});
