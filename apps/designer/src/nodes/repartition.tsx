import { compact } from '../live/figures.ts';
import { words } from '../words.ts';
import { keyFormatWithoutKey, type NodeFace, numberOf, textOf } from './node-face.ts';

export const repartition: NodeFace = {
  icon: <path d="M2.2 4h3.2l5.2 8h3.2M2.2 12h3.2l5.2-8h3.2" />,
  summary: (config) => {
    const key = textOf(config, 'key');
    const partitions = numberOf(config, 'partitions') ?? 0;
    const into = partitions === 0 ? '' : `, ${partitions} ${partitions === 1 ? 'partition' : 'partitions'}`;
    return key.trim() === '' ? [`by key${into}`] : ['by ', { code: key, path: ['key'] }, into];
  },
  unused: keyFormatWithoutKey,
  fact: ({ counters }) => words.node.total(compact(counters.out)),
};
