import type { SubTopology, Topology } from '@millrace/engine';

/** Topics have other partitions than those that the topology was planned with. */
export interface LayoutProblem {
  /** For people: what happened, and how to go on. */
  readonly message: string;
  /** Whether going on would be wrong: state is laid out by the partitions as they were. */
  readonly stops: boolean;
}

const copyOfIt =
  'deploy a copy of the pipeline with another id, which reads from the earliest records into topics of its own';

/** The topics that matter to {@link layoutProblem}. */
export function laidOutTopics(topology: Topology): readonly string[] {
  const sources = topology.subTopologies.flatMap(readTopics);
  const global = topology.globalTables.map(({ source }) => source);
  const sinks = topology.subTopologies.flatMap((subTopology) => subTopology.sinks);
  return [...new Set([...sources, ...global, ...sinks, ...topology.topics.map(asTopic)].map(({ topic }) => topic))];
}

/**
 * What is wrong with the partitions of the topics, worst first; null when nothing is.
 * @param counts by topic, as they are now, 0 where there is none; a topic that is not in it is not judged
 */
export function layoutProblem(topology: Topology, counts: ReadonlyMap<string, number>): LayoutProblem | null {
  const has = (topic: string): number => counts.get(topic) ?? 0;
  const gone = missingOf(topology, counts);
  if (gone !== null) return gone;
  const changed = ({ topic, partitions }: { readonly topic: string; readonly partitions: number }): boolean =>
    has(topic) > 0 && has(topic) !== partitions;
  const own = topology.topics
    .filter(({ owner }) => owner !== null)
    .map(asTopic)
    .find(changed);
  if (own !== undefined) {
    return {
      stops: true,
      message: `The topic ${own.topic} belongs to this pipeline and has ${has(own.topic)} partitions now; it was made with ${own.partitions}, by which everything in it is laid out. Nothing is lost. Partitions cannot be taken away again: ${copyOfIt}.`,
    };
  }
  const reads = topology.subTopologies.flatMap((subTopology) =>
    readTopics(subTopology).map((source) => ({ subTopology, source })),
  );
  const ofState = reads.find(({ subTopology, source }) => changed(source) && subTopology.stores.length > 0);
  if (ofState !== undefined) {
    const { topic, partitions } = ofState.source;
    return {
      stops: true,
      message: `The topic ${topic} has ${has(topic)} partitions now, and ${storesOf(ofState.subTopology)} laid out by ${partitions}: records of a key may lie in another partition now than its state. The pipeline has stopped at its last commit, and nothing is lost. To go on, ${copyOfIt}.`,
    };
  }
  const fewer = reads.find(({ source }) => changed(source) && has(source.topic) < source.partitions);
  if (fewer !== undefined) {
    const { topic, partitions } = fewer.source;
    return {
      stops: true,
      message: `The topic ${topic} has ${has(topic)} partitions now, and had ${partitions}: it was made anew. To read it from its earliest records, ${copyOfIt}.`,
    };
  }
  const more = reads.find(({ source }) => changed(source));
  if (more !== undefined) {
    const { topic, partitions } = more.source;
    const feedsOwn = more.subTopology.sinks.some(({ internal }) => internal);
    const remedy = feedsOwn
      ? `What comes after it is laid out by ${partitions}, so to read the others too, ${copyOfIt}.`
      : 'Deploy the pipeline again to read the others too.';
    return {
      stops: false,
      message: `The topic ${topic} has ${has(topic)} partitions now, of which ${partitions} are read. Nothing is lost. ${remedy}`,
    };
  }
  const global = topology.globalTables.map(({ source }) => source).find(changed);
  if (global !== undefined) {
    return {
      stops: false,
      message: `The topic ${global.topic} has ${has(global.topic)} partitions now, of which ${global.partitions} are in the table. Deploy the pipeline again to read the others too.`,
    };
  }
  const sink = topology.subTopologies.flatMap(({ sinks }) => sinks).find((each) => !each.internal && changed(each));
  if (sink !== undefined && has(sink.topic) > sink.partitions) {
    return {
      stops: false,
      message: `The topic ${sink.topic} has ${has(sink.topic)} partitions now; records are still written to the first ${sink.partitions}. Deploy the pipeline again to write to all of them.`,
    };
  }
  return null;
}

/** A topic that is gone: made anew it would be taken for the one that was read, or kept state in, before. */
function missingOf(topology: Topology, counts: ReadonlyMap<string, number>): LayoutProblem | null {
  const isGone = ({ topic }: { readonly topic: string }): boolean => counts.get(topic) === 0;
  const own = topology.topics
    .filter(({ owner }) => owner !== null)
    .map(asTopic)
    .find(isGone);
  if (own !== undefined) {
    return {
      stops: true,
      message: `The topic ${own.topic} belongs to this pipeline and was deleted, with what it held. Reset the pipeline: it works everything out again from the records that its sources still have.`,
    };
  }
  const read = topology.subTopologies.flatMap(readTopics).find(isGone);
  if (read === undefined) return null;
  return {
    stops: true,
    message: `There is no topic ${read.topic} on the Kafka cluster any more. Create it again, then reset the pipeline and start it: a topic that is made anew begins with other records than those that were read.`,
  };
}

function readTopics({ sources }: SubTopology) {
  return sources.filter(({ internal, generator }) => !internal && generator === undefined);
}

function asTopic({ name, partitions }: Topology['topics'][number]) {
  return { topic: name, partitions };
}

function storesOf({ stores }: SubTopology): string {
  return stores.length === 1 ? `the store ${stores[0]} is` : `the stores ${stores.join(', ')} are`;
}
