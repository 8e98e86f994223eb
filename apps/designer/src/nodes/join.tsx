import { percent } from '../live/figures.ts';
import { words } from '../words.ts';
import { type NodeFace, shareOf, textOf } from './node-face.ts';

export const join: NodeFace = {
  icon: <path d="M3.6 1.8v2.4C3.6 7.6 8 7 8 10.4v3.8M12.4 1.8v2.4C12.4 7.6 8 7 8 10.4" />,
  summary: (config) => [`stream–table, ${textOf(config, 'type') || 'inner'}, by key`],
  // What came from the table side is absorbed; what found no partner is filtered.
  fact: ({ counters }) =>
    words.node.matched(percent(shareOf(counters.forwarded, counters.forwarded + counters.filtered))),
};
