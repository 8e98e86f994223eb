import { type Pipeline, type PipelineEdge, parseEndpoint } from '@millrace/engine';
import { words } from '../words.ts';
import { inputPartitioning, type KnownTypes, keepsOwnKey, partitioningOf } from './partitioning.ts';
import { nodeOf, wiredTo } from './pipeline-index.ts';
import { portsOf } from './ports.ts';

/**
 * What the records of an edge are keyed anew by where they go through the log on their way, or null where they do not: into a node that
 * always moves them, or into one that needs equal keys in one place after another has changed the key. Of streams that are merged the first
 * new key that is found is named.
 */
export function repartitionedBy(
  pipeline: Pick<Pipeline, 'nodes' | 'edges'>,
  edge: PipelineEdge,
  known: KnownTypes,
): string | null {
  const target = nodeOf(pipeline, edge.to);
  if (target === null) return null;
  const input = inputPartitioning(partitioningOf(target, known), parseEndpoint(edge.to).port);
  if (input === 'keeps' || input === 'apart') return null;
  const moves = typeof input === 'object';
  if (moves && input.movesBy.trim() !== '') return lastName(input.movesBy);
  const key = newKeyBehind(pipeline, edge.from, known);
  if (key !== null) return lastName(key);
  return moves ? words.node.theirKey : null;
}

/** The new key that records have at an output since they last came from the log; null where they have none. */
function newKeyBehind(pipeline: Pick<Pipeline, 'nodes' | 'edges'>, end: string, known: KnownTypes): string | null {
  const seen = new Set<string>();
  const waiting = [end];
  for (let from = waiting.pop(); from !== undefined; from = waiting.pop()) {
    const node = nodeOf(pipeline, from);
    if (node === null || seen.has(node.id)) continue;
    seen.add(node.id);
    const partitioning = partitioningOf(node, known);
    const { newKey } = partitioning;
    if (typeof newKey === 'string') return keepsOwnKey(partitioning) ? words.node.theirKey : newKey;
    for (const { name: port } of portsOf(node).inputs) {
      const feeding = inputPartitioning(partitioning, port) === 'keeps' ? wiredTo(pipeline, node.id, port) : null;
      if (feeding !== null) waiting.push(feeding);
    }
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
