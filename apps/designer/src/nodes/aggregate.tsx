import { compact } from '../live/figures.ts';
import { words } from '../words.ts';
import { entriesOf, itemsOf, type NodeFace, textOf } from './node-face.ts';
import { windowSummary } from './window-summary.ts';

export const aggregate: NodeFace = {
  icon: <path d="M12.4 4.6V2.6H3.8L8.6 8l-4.8 5.4h8.6v-2" />,
  shape: () => 'table',
  summary: (config) => {
    const windows = windowSummary(config);
    if (windows !== null) return [windows];
    const by = textOf(config, 'by');
    return by.trim() === '' ? [`${computed(config)} by key`] : [`${computed(config)} by `, { code: by, path: ['by'] }];
  },
  unused: (config, inputs) => {
    const shape = inputs.get('in')?.shape;
    return [
      ...(textOf(config, 'by').trim() === '' ? ['byFormat'] : []),
      ...(shape === 'stream' ? ['subtract'] : []),
      ...(shape === 'table' ? ['window'] : []),
    ];
  },
  fact: (_, stores) => words.node.entries(compact(entriesOf(stores))),
};

/** The functions, each once, as far as a line has room; the rest as a count. */
function computed(config: Parameters<NodeFace['summary']>[0]): string {
  if (textOf(config, 'compute') === 'custom') return 'own result';
  const functions = [...new Set(itemsOf(config, 'aggregations').map((item) => textOf(item, 'function')))];
  if (functions.length === 0) return 'nothing yet';
  const shown = functions.slice(0, 3).join(', ');
  return functions.length > 3 ? `${shown}, … ${functions.length}` : shown;
}
