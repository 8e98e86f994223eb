import { compact } from '../live/figures.ts';
import { words } from '../words.ts';
import { keyFormatWithoutKey, type NodeFace, textOf } from './node-face.ts';

export const flatMap: NodeFace = {
  icon: <path d="M2.2 8h4.4M6.6 8l3-4h4.2M6.6 8h7.2M6.6 8l3 4h4.2" />,
  summary: (config) => {
    const items = textOf(config, 'items');
    return items.trim() === '' ? ['no list yet'] : ['each of ', { code: items, path: ['items'] }];
  },
  unused: keyFormatWithoutKey,
  fact: ({ counters }) => words.node.total(compact(counters.out)),
};
