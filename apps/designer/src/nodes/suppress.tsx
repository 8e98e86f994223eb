import { compact, duration } from '../live/figures.ts';
import { words } from '../words.ts';
import { entriesOf, type NodeFace, numberOf, textOf } from './node-face.ts';

export const suppress: NodeFace = {
  icon: <path d="M2.6 2.6h10.8v10.8H2.6zM6.2 6v4M9.8 6v4" />,
  shape: () => 'table',
  summary: (config) =>
    textOf(config, 'until') === 'window-close'
      ? ['held until the window closes']
      : [`held for ${duration(numberOf(config, 'waitMs') ?? 0)}, then the last`],
  unused: (config) =>
    (numberOf(config, 'maxRecords') ?? 0) === 0 && (numberOf(config, 'maxBytes') ?? 0) === 0 ? ['whenFull'] : [],
  fact: (_, stores) => words.node.heldBack(compact(entriesOf(stores.filter(({ name }) => !name.endsWith('-index'))))),
};
