import { compact } from '../live/figures.ts';
import { words } from '../words.ts';
import { keyFormatWithoutKey, type NodeFace, textOf } from './node-face.ts';

const formats: { readonly [format: string]: string } = { text: 'text', bytes: 'bytes' };

export const sink: NodeFace = {
  icon: <path d="M8 1.8v7M5.2 6.2 8 9l2.8-2.8M2 8.8v2.4a2.6 2.6 0 0 0 2.6 2.6h6.8a2.6 2.6 0 0 0 2.6-2.6V8.8" />,
  summary: (config) => {
    const topic = textOf(config, 'topic');
    return [topic === '' ? 'no topic yet' : `topic ${topic}, ${formats[textOf(config, 'valueFormat')] ?? 'JSON'}`];
  },
  unused: (config, inputs) => {
    const isKeyed = textOf(config, 'key').trim() !== '';
    const hasWindows = !isKeyed && inputs.get('in')?.windowed === true;
    return [...keyFormatWithoutKey(config), ...(hasWindows ? [] : ['windowedKey'])];
  },
  fact: ({ counters }) => words.node.written(compact(counters.forwarded)),
};
