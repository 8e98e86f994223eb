import type { Topology } from '../topology/topology.ts';
import { addCounters, type Counters, emptyCounters, fates } from './fates.ts';

/**
 * The counters of each node on the canvas, from those of the parts that planning made of it. A `before` part hands its records on to the
 * main part, which counts them; of the `before` part only the records that ended there count. What ends in an `after` part was forwarded by
 * the main part already, and gets the fate that it had there instead.
 */
export function nodeCounters(topology: Topology, byId: ReadonlyMap<string, Counters>): Map<string, Counters> {
  const nodes = new Map<string, Counters>();
  const parts = topology.subTopologies.flatMap(({ sources, processors, sinks }) => [
    ...sources,
    ...processors,
    ...sinks,
  ]);
  for (const part of [...parts, ...topology.globalTables.map(({ source }) => source)]) {
    const counters = byId.get(part.id);
    if (counters === undefined) continue;
    const counted = part.role === 'main' ? counters : endedHere(counters, part.role);
    nodes.set(part.node, addCounters(nodes.get(part.node) ?? emptyCounters, counted));
  }
  return nodes;
}

function endedHere(counters: Counters, role: 'before' | 'after'): Counters {
  let ended = 0;
  for (const fate of fates) if (fate !== 'forwarded') ended += counters[fate];
  if (role === 'after') return { ...counters, in: 0, forwarded: -ended, out: -ended };
  return { ...counters, in: ended, forwarded: 0, out: 0 };
}
