import { compact } from '../live/figures.ts';
import { words } from '../words.ts';
import { keyFormatWithoutKey, type NodeFace, textOf } from './node-face.ts';

export const map: NodeFace = {
  icon: <path d="M2.2 5.2h9.6M9.2 2.4 12 5.2 9.2 8M13.8 10.8H4.2M6.8 8 4 10.8l2.8 2.8" />,
  summary: (config) => {
    const value = textOf(config, 'value').replace(/\s+/g, ' ');
    const key = textOf(config, 'key').replace(/\s+/g, ' ');
    if (value !== '') return [{ code: value, path: ['value'] }];
    return key === '' ? ['nothing changed yet'] : ['key ', { code: key, path: ['key'] }];
  },
  unused: keyFormatWithoutKey,
  fact: ({ counters }) => words.node.out(compact(counters.out)),
};
