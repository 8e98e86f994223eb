import { compact } from '../live/figures.ts';
import { words } from '../words.ts';
import { entriesOf, type NodeFace, textOf } from './node-face.ts';

export const source: NodeFace = {
  icon: <path d="M8 1.8v6.4M5.2 5.6 8 8.4l2.8-2.8M2 12.6c2-1.6 4-1.6 6 0s4 1.6 6 0" />,
  summary: (config) => {
    const topic = textOf(config, 'topic');
    if (topic === '') return ['no topic yet'];
    const field = textOf(config, 'timestampFrom') === 'field' ? textOf(config, 'timestampField') : '';
    return field === ''
      ? [`topic ${topic}`]
      : [`topic ${topic}, time from `, { code: field, path: ['timestampField'] }];
  },
  aside: (config) => (textOf(config, 'readAs') === 'table' ? 'table' : null),
  fact: (live, stores) => {
    const rows = entriesOf(stores);
    if (rows !== null) return words.node.rows(compact(rows));
    return words.node.behind(compact(live.lagRecords));
  },
};
