import type { Topology } from '../topology/topology.ts';
import { addCounters, type Counters, emptyCounters, fates } from './fates.ts';

/**
 * The counters of each node on the canvas, from those of the parts that planning made of it. A `before` part hands its records on to the
 * main part, which counts them; of the `before` part only the records that ended there count.
 */
export function nodeCounters(topology: Topology, byId: ReadonlyMap<string, Counters>): Map<string, Counters> {
  const nodes = new Map<string, Counters>();
  for (const subTopology of topology.subTopologies) {
    for (const part of [...subTopology.sources, ...subTopology.processors, ...subTopology.sinks]) {
      const counters = byId.get(part.id);
      if (counters === undefined) continue;
      const counted = part.role === 'main' ? counters : endedHere(counters);
      nodes.set(part.node, addCounters(nodes.get(part.node) ?? emptyCounters, counted));
    }
  }
  return nodes;
}

function endedHere(counters: Counters): Counters {
  let ended = 0;
  for (const fate of fates) if (fate !== 'forwarded') ended += counters[fate];
  return { ...counters, in: ended, forwarded: 0, out: 0 };
}
