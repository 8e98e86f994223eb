import { compact } from '../live/figures.ts';
import { words } from '../words.ts';
import { entriesOf, type NodeFace } from './node-face.ts';

export const toTable: NodeFace = {
  icon: <path d="M9.4 3h4.2v10H9.4zM9.4 6.4h4.2M2.2 8h5M5 5.8 7.2 8 5 10.2" />,
  shape: () => 'table',
  summary: () => ['the latest value of each key'],
  // Without a store, what has gone through.
  fact: ({ counters }, stores) => {
    const rows = entriesOf(stores);
    return rows === null ? words.node.total(compact(counters.out)) : words.node.rows(compact(rows));
  },
};
