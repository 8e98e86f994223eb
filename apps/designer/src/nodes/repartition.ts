import {
  type InputPartitioning,
  nodeKind,
  type Partitioning,
  type Pipeline,
  type PipelineEdge,
  type PipelineNode,
  type PortType,
  parseEndpoint,
  type TopicCatalogue,
} from '@millrace/engine';
import { words } from '../words.ts';
import { nodeOf, wiredTo } from './pipeline-index.ts';

/** What is known of the pipeline besides what is drawn. */
export interface Known {
  readonly catalogue: TopicCatalogue;
  /** The type that arrives at an input; undefined while it is not known. */
  inputType(node: string, port: string): PortType | undefined;
}

/**
 * What the records of an edge are keyed anew by where they go through the log on their way, or null where they do not: into a node that
 * always moves them, or into one that needs equal keys in one place after another has changed the key. Of streams that are merged the first
 * new key that is found is named.
 */
export function repartitionedBy(
  pipeline: Pick<Pipeline, 'nodes' | 'edges'>,
  edge: PipelineEdge,
  known: Known,
): string | null {
  const target = nodeOf(pipeline, edge.to);
  if (target === null) return null;
  const input = inputOf(partitioningOf(target, known), parseEndpoint(edge.to).port);
  if (input === 'keeps' || input === 'apart') return null;
  const moves = typeof input === 'object';
  if (moves && input.movesBy.trim() !== '') return lastName(input.movesBy);
  const key = newKeyBehind(pipeline, edge.from, known);
  if (key !== null) return lastName(key);
  return moves ? words.node.theirKey : null;
}

/** The new key that records have at an output since they last came from the log; null where they have none. */
function newKeyBehind(pipeline: Pick<Pipeline, 'nodes' | 'edges'>, end: string, known: Known): string | null {
  const seen = new Set<string>();
  const waiting = [end];
  for (let from = waiting.pop(); from !== undefined; from = waiting.pop()) {
    const node = nodeOf(pipeline, from);
    if (node === null || seen.has(node.id)) continue;
    seen.add(node.id);
    const partitioning = partitioningOf(node, known);
    if (typeof partitioning.newKey === 'string') return partitioning.newKey;
    for (const port of portsOf(node)) {
      const feeding = inputOf(partitioning, port) === 'keeps' ? wiredTo(pipeline, node.id, port) : null;
      if (feeding !== null) waiting.push(feeding);
    }
  }
  return null;
}

/** What a node does with keys; of one whose config is not sound nothing is known. */
function partitioningOf(node: PipelineNode, { catalogue, inputType }: Known): Partitioning {
  const kind = nodeKind(node.kind);
  const config = soundConfig(node);
  if (kind === undefined || config === null) return {};
  return kind.partitioning?.(config, { catalogue, inputType: (port) => inputType(node.id, port) }) ?? {};
}

function portsOf(node: PipelineNode): readonly string[] {
  const kind = nodeKind(node.kind);
  const config = soundConfig(node);
  return kind === undefined || config === null ? [] : kind.inputs(config).map(({ name }) => name);
}

function inputOf({ inputs }: Partitioning, port: string): InputPartitioning {
  return inputs !== undefined && Object.hasOwn(inputs, port) ? (inputs[port] ?? 'keeps') : 'keeps';
}

/** By the config, which is replaced when it changes. */
const soundConfigs = new WeakMap<PipelineNode['config'], unknown>();

/** The config with what it leaves out, or null where it is not sound. */
function soundConfig({ kind: name, config }: PipelineNode): unknown {
  if (!soundConfigs.has(config)) {
    const parsed = nodeKind(name)?.config.safeParse(config);
    soundConfigs.set(config, parsed?.success ? parsed.data : null);
  }
  return soundConfigs.get(config);
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
