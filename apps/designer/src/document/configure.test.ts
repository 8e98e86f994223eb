import type { Pipeline } from '@millrace/engine';
import { emptyPipeline } from '@millrace/engine';
import { expect, it } from 'vitest';
import { configure } from './configure.ts';

const node = (id: string, kind: string, config: Pipeline['nodes'][number]['config']) => ({
  id,
  kind,
  name: id,
  config,
});
const pipeline: Pipeline = {
  ...emptyPipeline('p', 'P'),
  nodes: [
    node('parted', 'branch', {
      branches: [
        { name: 'large', condition: 'true' },
        { name: 'small', condition: 'true' },
      ],
      otherwise: true,
    }),
    node('both', 'cogroup', {
      inputs: [
        { by: '', add: 'a' },
        { by: '', add: 'b' },
        { by: '', add: 'c' },
      ],
      initial: '0',
    }),
  ],
  edges: [
    { from: 'parted.large', to: 'both.in-1' },
    { from: 'parted.small', to: 'both.in-2' },
    { from: 'parted.otherwise', to: 'both.in-3' },
  ],
};
const wires = (...change: Parameters<typeof configure>) =>
  configure(...change)(pipeline).edges.map(({ from, to }) => `${from}>${to}`);

it('takes the wire of a branch along when the branch is called otherwise', () => {
  expect(wires('parted', ['branches', 1, 'name'], 'tiny')).toEqual([
    'parted.large>both.in-1',
    'parted.tiny>both.in-2',
    'parted.otherwise>both.in-3',
  ]);
});

it('takes the wire of a branch away with the branch, and leaves those of the others', () => {
  expect(wires('parted', ['branches', 0], undefined)).toEqual(['parted.small>both.in-2', 'parted.otherwise>both.in-3']);
});

it('moves up the wires behind an input that is taken away', () => {
  expect(wires('both', ['inputs', 1], undefined)).toEqual(['parted.large>both.in-1', 'parted.otherwise>both.in-2']);
});

it('leaves wires alone when anything else changes', () => {
  const all = pipeline.edges.map(({ from, to }) => `${from}>${to}`);
  expect(wires('parted', ['branches', 0, 'condition'], 'false')).toEqual(all);
  expect(wires('parted', ['branches', 2], { name: 'more', condition: '' })).toEqual(all);
});
