import {
  type InputPartitioning,
  nodeKind,
  type Partitioning,
  type PipelineNode,
  type PortType,
  type TopicCatalogue,
} from '@millrace/engine';
import { configOf } from './node-config.ts';

/** What is known beside the document: topics, and the types by `node.port`. */
export interface KnownTypes {
  readonly catalogue: TopicCatalogue;
  inputType(node: string, port: string): PortType | undefined;
}

/** What a node does with the keys of its records and with their places in the log; nothing while its config is not valid. */
export function partitioningOf(node: PipelineNode, { catalogue, inputType }: KnownTypes): Partitioning {
  const config = configOf(node);
  if (config === undefined) return {};
  const of = nodeKind(node.kind)?.partitioning;
  return of?.(config, { catalogue, inputType: (port) => inputType(node.id, port) }) ?? {};
}

export function inputPartitioning({ inputs }: Partitioning, port: string): InputPartitioning {
  return (inputs !== undefined && Object.hasOwn(inputs, port) ? inputs[port] : undefined) ?? 'keeps';
}

/** Whether records are moved by a key that is not theirs, and leave with their own: `newKey` then only says that they lie elsewhere. */
export function keepsOwnKey({ inputs, newKey }: Partitioning): boolean {
  return Object.values(inputs ?? {}).some((input) => typeof input === 'object' && input.movesBy === newKey);
}

/** The expression that the key of a node's output is made of, where the node makes one; null where it does not. */
export function keyMadeBy(partitioning: Partitioning, port: string): string | null {
  if (keepsOwnKey(partitioning)) return null;
  const input = inputPartitioning(partitioning, port);
  const made = partitioning.newKey ?? (typeof input === 'object' ? input.movesBy : '');
  return made.trim() === '' ? null : made;
}
