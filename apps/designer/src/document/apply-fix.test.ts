import { type Diagnostic, emptyPipeline, type Pipeline } from '@millrace/engine';
import { expect, it } from 'vitest';
import { fixOf } from './apply-fix.ts';

const pipeline: Pipeline = {
  ...emptyPipeline('p', 'p'),
  nodes: [{ id: 'late', kind: 'filter', name: 'late', config: { condition: 'value.delays > 15' } }],
};
const found = (fix: Diagnostic['fix']): Diagnostic => ({
  code: 'c',
  severity: 'error',
  node: 'late',
  path: ['condition'],
  message: 'm',
  fix,
});

it('replaces the part at fault', () => {
  const after = fixOf(found({ title: 'Use delay', span: { start: 6, end: 12 }, value: 'delay' }))(pipeline);
  expect(after.nodes[0]?.config).toEqual({ condition: 'value.delay > 15' });
});

it('replaces the whole value without a part', () => {
  expect(fixOf(found({ title: 'Use true', value: 'true' }))(pipeline).nodes[0]?.config).toEqual({ condition: 'true' });
});

it('leaves a text alone that has become shorter, and a pipeline without the node', () => {
  expect(fixOf(found({ title: 'x', span: { start: 6, end: 99 }, value: 'delay' }))(pipeline)).toBe(pipeline);
  expect(fixOf({ ...found({ title: 'x', value: 1 }), node: 'gone' })(pipeline)).toBe(pipeline);
});
