import { type Pipeline, type PipelineEdge, parseEndpoint } from '@millrace/engine';
import { words } from '../words.ts';
import { faceOf, needsEqualKeys } from './faces.ts';
import { textOf } from './node-face.ts';
import { nodeOf, wiredTo } from './pipeline-index.ts';

/**
 * What the records of an edge are keyed anew by where they go through the log on their way, or null where they do not: into a node that
 * gathers by another key, or into one that needs equal keys in one place after a map has changed the key.
 */
export function repartitionedBy(pipeline: Pick<Pipeline, 'nodes' | 'edges'>, edge: PipelineEdge): string | null {
  const target = nodeOf(pipeline, edge.to);
  if (target === null) return null;
  const { port } = parseEndpoint(edge.to);
  const own = faceOf(target.kind)?.repartitionedBy?.(target.config, port) ?? null;
  if (own !== null) return lastName(own);
  if (!needsEqualKeys(target.kind)) return null;
  const seen = new Set<string>();
  for (let from: string | null = edge.from; from !== null; ) {
    const node = nodeOf(pipeline, from);
    if (node === null || seen.has(node.id)) return null;
    seen.add(node.id);
    if (node.kind !== 'map' && node.kind !== 'filter') return null;
    const key = node.kind === 'map' ? textOf(node.config, 'key').trim() : '';
    if (key !== '') return lastName(key);
    from = wiredTo(pipeline, node.id, 'in');
  }
  return null;
}

const shownLength = 24;

/** `value.airport.state` is said as `state`; what is no plain path and too long for a label stands in the node's form. */
function lastName(expression: string): string {
  const text = expression.trim();
  return /^[\w$]+(?:\??\.[\w$]+)*$/.test(text)
    ? (text.split('.').at(-1) ?? text)
    : text.length <= shownLength
      ? text.replace(/\s+/g, ' ')
      : words.node.newKey;
}
