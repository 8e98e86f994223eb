import { compact } from '../live/figures.ts';
import { words } from '../words.ts';
import { type NodeFace, numberOf } from './node-face.ts';

export const merge: NodeFace = {
  icon: <path d="M3 1.8v1.6C3 7 8 6.6 8 10.4M13 1.8v1.6C13 7 8 6.6 8 10.4M8 1.8v12.4" />,
  summary: (config) => [`${numberOf(config, 'inputs') ?? 2} streams into one`],
  fact: ({ counters }) => words.node.total(compact(counters.out)),
};
