import { compact, percent } from '../live/figures.ts';
import { words } from '../words.ts';
import { itemsOf, type NodeFace, shareOf, textOf } from './node-face.ts';

export const branch: NodeFace = {
  icon: <path d="M8 1.8v3.8C8 9 3.6 8.4 3.6 11.8v2.4M8 5.6C8 9 12.4 8.4 12.4 11.8v2.4" />,
  summary: (config) => {
    const names = itemsOf(config, 'branches').map((one) => textOf(one, 'name'));
    if (names.length === 0) return ['no branches yet'];
    return [config.otherwise === false ? names.join(', ') : `${names.join(', ')}, otherwise`];
  },
  // Without an output for the others some records end here.
  fact: ({ counters }) =>
    counters.filtered > 0
      ? words.node.kept(percent(shareOf(counters.forwarded, counters.in)))
      : words.node.total(compact(counters.out)),
};
