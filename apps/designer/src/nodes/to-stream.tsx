import { compact } from '../live/figures.ts';
import { words } from '../words.ts';
import { keyFormatWithoutKey, type NodeFace, textOf } from './node-face.ts';

export const toStream: NodeFace = {
  icon: <path d="M2.4 3h4.2v10H2.4zM2.4 6.4h4.2M8.8 8h5M11.6 5.8 13.8 8l-2.2 2.2" />,
  summary: (config) => {
    const key = textOf(config, 'key');
    return key.trim() === '' ? ['each change a record'] : ['each change, keyed by ', { code: key, path: ['key'] }];
  },
  unused: keyFormatWithoutKey,
  fact: ({ counters }) => words.node.total(compact(counters.out)),
};
