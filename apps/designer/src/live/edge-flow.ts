import type { NodeLive } from '@millrace/api';
import type { PipelineNode } from '@millrace/engine';
import { portsOf } from '../nodes/ports.ts';

/** Whose numbers say what goes over an edge: those of the one output of its source, or of the one input of its target. */
export type FlowTeller = { readonly node: string; readonly counts: 'out' | 'in' };

/** Null where neither tells: the counters of a node are of all its ports together, and a number is never guessed. */
export function tellerOf(source: PipelineNode | null, target: PipelineNode | null): FlowTeller | null {
  if (source !== null && portsOf(source).outputs.length === 1) return { node: source.id, counts: 'out' };
  if (target !== null && portsOf(target).inputs.length === 1) return { node: target.id, counts: 'in' };
  return null;
}

type Live = Pick<NodeLive, 'rates' | 'counters'>;

export function rateOver(teller: FlowTeller | null, nodes: ReadonlyMap<string, Live>): number | undefined {
  return teller === null ? undefined : nodes.get(teller.node)?.rates[teller.counts];
}

export function totalOver(teller: FlowTeller | null, nodes: ReadonlyMap<string, Live>): number | undefined {
  const counters = teller === null ? undefined : nodes.get(teller.node)?.counters;
  if (counters === undefined) return undefined;
  // What closing windows sent goes over the edge too.
  return teller?.counts === 'in' ? counters.in : counters.out + counters.timed;
}
