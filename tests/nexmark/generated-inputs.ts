import { GeneratedTopics, type ProducedRecord, type SourceSpec, type Topology } from '@millrace/engine';
import type { Arrival, Event, Inputs, SideRow } from './auction-house.ts';

/** The records of a generated topic by partition. */
export interface GeneratedTopic {
  readonly topic: string;
  readonly partitions: readonly (readonly ProducedRecord[])[];
}

/** The records of a generator, and the same decoded, in the order in which a run takes them. */
interface Generated {
  readonly partitions: GeneratedTopic['partitions'];
  readonly inOrder: readonly Arrival<unknown>[];
}

/** What generators make, kept by their settings, since most queries read the same events. */
export class GeneratedInputs {
  readonly #kept = new Map<string, Generated>();

  /** The records for a topology, to be run, and to compute the query from. */
  of(topology: Topology): { readonly topics: readonly GeneratedTopic[]; readonly inputs: Inputs } {
    const sources = topology.subTopologies
      .flatMap((part) => part.sources)
      .filter(({ generator }) => generator !== undefined);
    const made = new Map(sources.map((source) => [source, this.#generate(topology, source)]));
    const of = (node: string): readonly Arrival<unknown>[] => {
      const source = sources.find((one) => one.node === node);
      return source === undefined ? [] : (made.get(source)?.inOrder ?? []);
    };
    return {
      topics: [...made].map(([{ topic }, { partitions }]) => ({ topic, partitions })),
      inputs: { events: of('events') as readonly Event[], side: of('side-input') as readonly Arrival<SideRow>[] },
    };
  }

  clear(): void {
    this.#kept.clear();
  }

  #generate(topology: Topology, source: SourceSpec): Generated {
    const settings = JSON.stringify(source.generator);
    const known = this.#kept.get(settings);
    if (known !== undefined) return known;
    const partitions: ProducedRecord[][] = [];
    const alone = topology.subTopologies.map((part) => ({
      ...part,
      sources: part.sources.filter((one) => one === source),
    }));
    new GeneratedTopics({ ...topology, subTopologies: alone }).pipeInto({
      pipe: (_topic, partition, records) => {
        partitions[partition] ??= [];
        partitions[partition].push(...records);
      },
    });
    const generated = { partitions, inOrder: inOrderOf(partitions) };
    this.#kept.set(settings, generated);
    return generated;
  }
}

/** Of the heads of all partitions the earliest goes next, of equal ones that of the least partition. */
function inOrderOf(partitions: GeneratedTopic['partitions']): readonly Arrival<unknown>[] {
  const queues = partitions.map((records) => ({ records, next: 0 }));
  const ordered: Arrival<unknown>[] = [];
  for (;;) {
    let first: { readonly queue: (typeof queues)[number]; readonly head: ProducedRecord } | null = null;
    for (const queue of queues) {
      const head = queue.records[queue.next];
      if (head !== undefined && (first === null || head.timestamp < first.head.timestamp)) first = { queue, head };
    }
    if (first === null) return ordered;
    first.queue.next++;
    const { key, value, timestamp } = first.head;
    ordered.push({ key: key ?? '', at: timestamp, value: JSON.parse(value as string) });
  }
}

/** How many events happened before one that is taken earlier. */
export function outOfOrder({ events }: Inputs): number {
  let time = Number.NEGATIVE_INFINITY;
  let count = 0;
  for (const { at } of events) {
    if (at < time) count++;
    time = Math.max(time, at);
  }
  return count;
}
