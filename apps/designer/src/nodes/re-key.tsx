import { compact } from '../live/figures.ts';
import { words } from '../words.ts';
import { type NodeFace, textOf } from './node-face.ts';

export const reKey: NodeFace = {
  icon: <path d="M9.2 8a3.2 3.2 0 1 0-6.4 0 3.2 3.2 0 0 0 6.4 0zM9.2 8h4.6M11.6 8v2.4" />,
  summary: (config) => {
    const key = textOf(config, 'key');
    return key.trim() === '' ? ['no key yet'] : ['by ', { code: key, path: ['key'] }];
  },
  fact: ({ counters }) => words.node.total(compact(counters.out)),
};
