import { percent } from '../live/figures.ts';
import { words } from '../words.ts';
import { type NodeFace, shareOf, textOf } from './node-face.ts';

export const filter: NodeFace = {
  icon: <path d="M2.2 3h11.6L9.6 8.2v4.6l-3.2-1.6V8.2z" />,
  summary: (config) => {
    const condition = textOf(config, 'condition');
    return condition.trim() === '' ? ['no condition yet'] : [{ code: condition, path: ['condition'] }];
  },
  fact: ({ counters }) => words.node.kept(percent(shareOf(counters.forwarded, counters.in))),
};
