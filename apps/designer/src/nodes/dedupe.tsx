import { duration, percent } from '../live/figures.ts';
import { words } from '../words.ts';
import { type NodeFace, numberOf, shareOf, textOf } from './node-face.ts';

export const dedupe: NodeFace = {
  icon: <path d="M2.4 5.8h7.8v7.8H2.4zM5.8 5.8V2.4h7.8v7.8h-3.4" />,
  summary: (config) => {
    const within = ` within ${duration(numberOf(config, 'windowMs') ?? 0)}`;
    const by = textOf(config, 'by');
    return by.trim() === '' ? [`one of each key${within}`] : ['one of each ', { code: by, path: ['by'] }, within];
  },
  fact: ({ counters }) => words.node.kept(percent(shareOf(counters.forwarded, counters.in))),
};
