import { compact } from '../live/figures.ts';
import { words } from '../words.ts';
import { type NodeFace, numberOf, textOf } from './node-face.ts';

export const generator: NodeFace = {
  icon: <path d="M2.8 2.8h10.4v10.4H2.8zM5.6 5.6v.1M10.4 5.6v.1M8 8v.1M5.6 10.4v.1M10.4 10.4v.1" />,
  summary: (config) => {
    const what = textOf(config, 'model') === 'nexmark' ? 'Nexmark events' : 'records';
    const count = numberOf(config, 'count') ?? 0;
    const perSecond = numberOf(config, 'perSecond') ?? 10;
    const pace = perSecond === 0 ? 'as fast as they go' : `${compact(perSecond)} a second`;
    return [count === 0 ? `${what}, ${pace}` : `${compact(count)} ${what}, ${pace}`];
  },
  unused: (config) => {
    const isKeyed = textOf(config, 'keyField').trim() !== '';
    return [
      ...(isKeyed ? [] : ['keyFormat']),
      ...(isKeyed || textOf(config, 'model') === 'nexmark' ? [] : ['nullKeyShare']),
      ...(numberOf(config, 'outOfOrderShare') === 0 ? ['outOfOrderMs'] : []),
      ...(numberOf(config, 'lateShare') === 0 ? ['lateMs'] : []),
    ];
  },
  fact: ({ counters, lagRecords }) =>
    lagRecords === null || lagRecords === 0
      ? words.node.total(compact(counters.out))
      : words.node.behind(compact(lagRecords)),
};
