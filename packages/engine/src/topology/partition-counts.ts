/** Who reads and writes topics, as far as partition counts follow from it. */
export interface TopicUse {
  /** For each sub-topology, the topics that it reads. */
  readonly reads: readonly (readonly string[])[];
  /** For each internal topic, the sub-topology that writes it. */
  readonly writers: ReadonlyMap<string, number>;
  /** Topics that must have equal counts. A topic is in one group at the most. */
  readonly copartitioned: readonly (readonly string[])[];
  /** Internal topics whose count was asked for. */
  readonly fixed?: ReadonlyMap<string, number> | undefined;
}

/** Internal topics that get one count. */
interface Group {
  readonly topics: string[];
  count: number | null;
}

/**
 * Partition counts of the internal topics: that of the external topics with which a topic is co-partitioned, otherwise the greatest among
 * the topics that its writing sub-topology reads, over all topics of its group. Where sub-topologies feed each other, what the greatest
 * count reaches has it; so counts are handed on from the greatest down, and each sub-topology and each group is visited once.
 */
export function internalPartitionCounts(
  { reads, writers, copartitioned, fixed }: TopicUse,
  externalCount: (topic: string) => number,
): ReadonlyMap<string, number> {
  const readers = new Map<string, number[]>();
  for (const [subTopology, topics] of reads.entries()) {
    for (const topic of topics) append(readers, topic, subTopology);
  }
  const written = new Map<number, string[]>();
  for (const [topic, subTopology] of writers) append(written, subTopology, topic);

  const groups = new Map<string, Group>();
  const given: { readonly count: number; readonly topics: readonly string[] }[] = [];
  for (const topics of [...copartitioned, ...[...writers.keys()].map((topic) => [topic])]) {
    if (topics.some((topic) => groups.has(topic))) continue;
    const external = topics.flatMap((topic) =>
      writers.has(topic) ? (fixed?.get(topic) ?? []) : [externalCount(topic)],
    );
    const internal = topics.filter((topic) => writers.has(topic));
    const count = external.length === 0 ? null : Math.max(...external);
    const group: Group = { topics: internal, count };
    for (const topic of internal) groups.set(topic, group);
    if (count !== null) given.push({ count, topics: internal });
  }
  for (const topic of readers.keys()) {
    if (!writers.has(topic)) given.push({ count: externalCount(topic), topics: [topic] });
  }

  const reached = new Set<number>();
  for (const { count, topics } of given.sort((left, right) => right.count - left.count)) {
    const waiting = [...topics];
    for (let topic = waiting.pop(); topic !== undefined; topic = waiting.pop()) {
      for (const subTopology of readers.get(topic) ?? []) {
        if (reached.has(subTopology)) continue;
        reached.add(subTopology);
        for (const output of written.get(subTopology) ?? []) {
          const group = groups.get(output);
          if (group === undefined || group.count !== null) continue;
          group.count = count;
          waiting.push(...group.topics);
        }
      }
    }
  }
  return new Map([...groups].map(([topic, group]) => [topic, group.count ?? 1]));
}

function append<Key, Value>(lists: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}
