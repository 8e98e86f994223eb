import { compact } from '../live/figures.ts';
import { words } from '../words.ts';
import { entriesOf, itemsOf, type NodeFace, textOf } from './node-face.ts';
import { windowSummary } from './window-summary.ts';

export const cogroup: NodeFace = {
  icon: <path d="M13.6 4.8V2.8H7.4L11 8l-3.6 5.2h6.2v-2M2 4.2h2.4M2 8h4.6M2 11.8h2.4" />,
  shape: () => 'table',
  summary: (config) => {
    const count = itemsOf(config, 'inputs').length;
    return [`${count} ${count === 1 ? 'stream' : 'streams'}, ${windowSummary(config) ?? 'by key'}`];
  },
  unused: (config) => (itemsOf(config, 'inputs').some((one) => textOf(one, 'by').trim() !== '') ? [] : ['byFormat']),
  fact: (_, stores) => words.node.entries(compact(entriesOf(stores))),
};
