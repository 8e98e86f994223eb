import { compact } from '../live/figures.ts';
import { words } from '../words.ts';
import { entriesOf, type NodeFace, type Summary, textOf } from './node-face.ts';

const asides: { readonly [readAs: string]: string } = { table: 'table', global: 'global table' };

export const source: NodeFace = {
  icon: <path d="M8 1.8v6.4M5.2 5.6 8 8.4l2.8-2.8M2 12.6c2-1.6 4-1.6 6 0s4 1.6 6 0" />,
  shape: (config) => {
    const readAs = textOf(config, 'readAs');
    return readAs === 'table' || readAs === 'global' ? readAs : 'stream';
  },
  summary: (config) => {
    const topic = textOf(config, 'topic');
    return topic === '' ? ['no topic yet'] : [`topic ${topic}`, ...timeFrom(config)];
  },
  aside: (config) => asides[textOf(config, 'readAs')] ?? null,
  unused: (config) => (textOf(config, 'timestampFrom') === 'wall-clock' ? ['invalidTimestamp'] : []),
  fact: (live, stores) => {
    const rows = entriesOf(stores);
    if (rows !== null) return words.node.rows(compact(rows));
    return words.node.behind(compact(live.lagRecords));
  },
};

function timeFrom(config: Parameters<NodeFace['summary']>[0]): Summary {
  const from = textOf(config, 'timestampFrom');
  if (from === 'wall-clock') return [', time when it is read'];
  const name = from === 'field' ? 'timestampField' : from === 'expression' ? 'timestampExpression' : '';
  const code = textOf(config, name);
  return code.trim() === '' ? [] : [', time from ', { code, path: [name] }];
}
