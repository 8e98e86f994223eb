import { compact, duration } from '../live/figures.ts';
import { words } from '../words.ts';
import { entriesOf, type NodeFace, numberOf, textOf } from './node-face.ts';

export const aggregate: NodeFace = {
  icon: <path d="M12.4 4.6V2.6H3.8L8.6 8l-4.8 5.4h8.6v-2" />,
  summary: (config) => {
    const sizeMs = numberOf(config, 'windowMs');
    if (textOf(config, 'window') !== 'tumbling' || sizeMs === null) return ['by key, no windows'];
    const graceMs = numberOf(config, 'graceMs') ?? 0;
    return [`${duration(sizeMs)} windows, ${graceMs === 0 ? 'no grace' : `grace ${duration(graceMs)}`}`];
  },
  repartitionedBy: (config) => textOf(config, 'by').trim() || null,
  fact: (_, stores) => words.node.entries(compact(entriesOf(stores))),
};
