import type { PipelineNode } from './document.ts';

/** What a node does with the keys of its records, as far as the places of records in the log depend on it. */

/** A map with a new key: nothing moves yet. */
export function givesNewKey(node: PipelineNode): boolean {
  return node.kind === 'map' && hasText(node, 'key');
}

/** An aggregate by another key than records have: they always move through an internal topic. */
export function gathersByNewKey(node: PipelineNode): boolean {
  return node.kind === 'aggregate' && hasText(node, 'by');
}

/** Equal keys must meet: records whose key was changed before move through an internal topic. */
export function needsEqualKeysTogether(node: PipelineNode): boolean {
  return node.kind === 'aggregate' || node.kind === 'join';
}

function hasText({ config }: PipelineNode, name: string): boolean {
  const value = Object.hasOwn(config, name) ? config[name] : undefined;
  return typeof value === 'string' && value.trim() !== '';
}
