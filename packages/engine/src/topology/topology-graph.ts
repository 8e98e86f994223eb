import { assert } from '../assert.ts';
import type { KeyFormat } from '../log/key-format.ts';
import type { TopicSpec } from '../log/log.ts';
import type { ErrorPolicy } from '../pipeline/document.ts';
import { DisjointSets } from './disjoint-sets.ts';
import { internalTopic, outputTopic } from './internal-topics.ts';
import { internalPartitionCounts } from './partition-counts.ts';
import type { PlannedFlow, ProcessorRequest, SourceRequest } from './planner.ts';
import type { TopicCatalogue } from './topic-catalogue.ts';
import type { ProcessorSpec, SinkSpec, SourceSpec, SubTopology, Target } from './topology.ts';

type Part =
  | { readonly type: 'source'; readonly spec: Omit<SourceSpec, 'targets' | 'partitions'> }
  | { readonly type: 'processor'; readonly spec: Omit<ProcessorSpec, 'targets'> }
  | { readonly type: 'sink'; readonly spec: Omit<SinkSpec, 'partitions'>; readonly partitions: number };

interface Link {
  readonly from: string;
  readonly fromPort: string;
  readonly target: Target;
}

/**
 * The parts of a topology while it is being planned, added so that a part comes after all that feed it. `build` cuts it where it crosses
 * the log: parts joined by links or by a shared store form a sub-topology, numbered in the order of their first parts.
 */
export class TopologyGraph {
  readonly #pipeline: string;
  readonly #catalogue: TopicCatalogue;
  readonly #parts = new Map<string, Part>();
  readonly #links: Link[] = [];
  readonly #copartitioned: (readonly string[])[] = [];
  /** Internal topics. */
  readonly #repartitions = new Set<string>();

  constructor(pipeline: string, catalogue: TopicCatalogue) {
    this.#pipeline = pipeline;
    this.#catalogue = catalogue;
  }

  addSource(node: string, errorPolicy: ErrorPolicy, request: SourceRequest): PlannedFlow {
    const id = request.role === 'main' ? node : `${node}.source`;
    this.#parts.set(id, {
      type: 'source',
      spec: {
        id,
        node,
        role: request.role,
        topic: request.topic,
        keyFormat: request.keyFormat,
        valueFormat: 'json',
        timestamp: request.timestamp,
        internal: false,
        errorPolicy,
      },
    });
    return {
      from: id,
      port: 'out',
      shape: 'stream',
      keyFormat: request.keyFormat,
      mustRepartition: false,
      store: null,
      storeView: { as: 'value' },
      windowed: false,
    };
  }

  addProcessor(node: string, errorPolicy: ErrorPolicy, request: ProcessorRequest): PlannedFlow {
    const id = request.part === undefined ? node : `${node}.${request.part}`;
    const [first] = Object.values(request.inputs);
    assert(first !== undefined, `processor ${id} has no input`);
    this.#parts.set(id, {
      type: 'processor',
      spec: {
        id,
        node,
        role: request.part === undefined ? 'main' : 'before',
        ...(request.prepares === undefined ? {} : { prepares: request.prepares }),
        processor: request.processor,
        config: request.config,
        stores: request.stores ?? [],
        keyFormat: first.keyFormat,
        errorPolicy,
      },
    });
    for (const [port, flow] of Object.entries(request.inputs)) this.#link(flow, { to: id, port });
    return { ...first, from: id, port: 'out', store: null, storeView: { as: 'value' } };
  }

  addRepartition(
    node: string,
    errorPolicy: ErrorPolicy,
    port: string,
    flow: PlannedFlow,
    key: { readonly expression: string; readonly path: readonly string[] } | null,
    keyFormat: KeyFormat,
    keepNullKeys: boolean,
  ): PlannedFlow {
    const topic = `${this.#pipeline}-${node}-repartition`;
    const keyed = this.addProcessor(node, errorPolicy, {
      part: 'key',
      prepares: port,
      processor: 're-key',
      config: { key, keepNullKeys },
      inputs: { in: flow },
    });
    const sinkId = `${node}.repartition-sink`;
    const sourceId = `${node}.repartition-source`;
    this.#parts.set(sinkId, {
      type: 'sink',
      spec: {
        id: sinkId,
        node,
        role: 'before',
        prepares: port,
        topic,
        keyFormat,
        keyEncoding: 'plain',
        internal: true,
        errorPolicy,
      },
      partitions: 0,
    });
    this.#link(keyed, { to: sinkId, port: 'in' });
    this.#parts.set(sourceId, {
      type: 'source',
      spec: {
        id: sourceId,
        node,
        role: 'before',
        topic,
        keyFormat,
        valueFormat: 'json',
        timestamp: { from: 'record' },
        internal: true,
        errorPolicy,
      },
    });
    this.#repartitions.add(topic);
    return {
      from: sourceId,
      port: 'out',
      shape: 'stream',
      keyFormat,
      mustRepartition: false,
      store: null,
      storeView: { as: 'value' },
      windowed: false,
    };
  }

  addSink(
    node: string,
    errorPolicy: ErrorPolicy,
    request: { readonly topic: string; readonly input: PlannedFlow },
    newPartitions: number,
  ): void {
    this.#parts.set(node, {
      type: 'sink',
      spec: {
        id: node,
        node,
        role: 'main',
        topic: request.topic,
        keyFormat: request.input.keyFormat,
        keyEncoding: request.input.windowed ? 'json-window' : 'plain',
        internal: false,
        errorPolicy,
      },
      partitions: this.#catalogue.topic(request.topic)?.partitions ?? newPartitions,
    });
    this.#link(request.input, { to: node, port: 'in' });
  }

  copartition(flows: readonly PlannedFlow[]): void {
    this.#copartitioned.push(flows.map((flow) => flow.from));
  }

  build(): { readonly subTopologies: readonly SubTopology[]; readonly topics: readonly TopicSpec[] } {
    const components = this.#components();
    const counts = this.#partitionCounts(components);
    const targets = this.#targets();
    const partitionsOf = (topic: string): number => counts.get(topic) ?? this.#externalPartitions(topic);
    const topics = new Map<string, TopicSpec>();
    for (const topic of this.#repartitions.keys()) {
      topics.set(topic, internalTopic(topic, this.#pipeline, 'repartition', partitionsOf(topic)));
    }
    const subTopologies = components.map((parts, id): SubTopology => {
      const sources: SourceSpec[] = [];
      const processors: ProcessorSpec[] = [];
      const sinks: SinkSpec[] = [];
      for (const part of parts) {
        if (part.type === 'source') {
          const partitions = partitionsOf(part.spec.topic);
          sources.push({ ...part.spec, partitions, targets: targets.get(part.spec.id)?.out ?? [] });
        } else if (part.type === 'processor') {
          processors.push({ ...part.spec, targets: targets.get(part.spec.id) ?? {} });
        } else {
          const { topic, internal } = part.spec;
          const partitions = internal ? partitionsOf(topic) : part.partitions;
          sinks.push({ ...part.spec, partitions });
          const isNew = !internal && this.#catalogue.topic(topic) === undefined;
          if (isNew && !topics.has(topic)) topics.set(topic, outputTopic(topic, partitions));
        }
      }
      return {
        id,
        partitions: Math.max(1, ...sources.map((source) => source.partitions)),
        sources,
        processors,
        sinks,
        stores: [...new Set(processors.flatMap((processor) => processor.stores))],
      };
    });
    return { subTopologies, topics: [...topics.values()] };
  }

  #part(id: string): Part {
    const part = this.#parts.get(id);
    assert(part !== undefined, `nothing was planned as ${id}`);
    return part;
  }

  #link(flow: PlannedFlow, target: Target): void {
    this.#links.push({ from: flow.from, fromPort: flow.port, target });
  }

  /** Of each part, where its records go, by output port. */
  #targets(): ReadonlyMap<string, { readonly [port: string]: readonly Target[] }> {
    const targets = new Map<string, { [port: string]: Target[] }>();
    for (const { from, fromPort, target } of this.#links) {
      let ofPart = targets.get(from);
      if (ofPart === undefined) {
        ofPart = {};
        targets.set(from, ofPart);
      }
      ofPart[fromPort] ??= [];
      ofPart[fromPort]?.push(target);
    }
    return targets;
  }

  /** Connected parts, each list and the lists themselves in the order in which the parts were added. */
  #components(): readonly (readonly Part[])[] {
    const sets = new DisjointSets();
    for (const link of this.#links) sets.unite(link.from, link.target.to);
    const storeUser = new Map<string, string>();
    for (const part of this.#parts.values()) {
      if (part.type !== 'processor') continue;
      for (const store of part.spec.stores) {
        const other = storeUser.get(store);
        if (other === undefined) storeUser.set(store, part.spec.id);
        else sets.unite(other, part.spec.id);
      }
    }
    const components = new Map<string, Part[]>();
    for (const [id, part] of this.#parts) {
      const root = sets.find(id);
      const parts = components.get(root);
      if (parts === undefined) components.set(root, [part]);
      else parts.push(part);
    }
    return [...components.values()];
  }

  #externalPartitions(topic: string): number {
    return this.#catalogue.topic(topic)?.partitions ?? 1;
  }

  #partitionCounts(components: readonly (readonly Part[])[]): ReadonlyMap<string, number> {
    const reads: (readonly string[])[] = [];
    const writers = new Map<string, number>();
    for (const [index, parts] of components.entries()) {
      reads.push(parts.flatMap((part) => (part.type === 'source' ? [part.spec.topic] : [])));
      for (const part of parts) if (part.type === 'sink' && part.spec.internal) writers.set(part.spec.topic, index);
    }
    return internalPartitionCounts({ reads, writers, copartitioned: this.#copartitionedTopics() }, (topic) =>
      this.#externalPartitions(topic),
    );
  }

  /**
   * Topics that must have equal partition counts, each in one group: those whose records reach parts that must, inside a sub-topology.
   * What was walked through once is in one group with all that lies behind it, so nothing is walked through twice.
   */
  #copartitionedTopics(): readonly (readonly string[])[] {
    const into = new Map<string, string[]>();
    for (const { from, target } of this.#links) {
      const others = into.get(target.to);
      if (others === undefined) into.set(target.to, [from]);
      else others.push(from);
    }
    const groups = new DisjointSets();
    const walked = new Set<string>();
    const topics = new Set<string>();
    for (const together of this.#copartitioned) {
      const waiting = [...together];
      for (const id of together) groups.unite(together[0] as string, id);
      for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
        if (walked.has(at)) continue;
        walked.add(at);
        const part = this.#part(at);
        if (part.type === 'source') {
          topics.add(part.spec.topic);
          groups.unite(at, topicName(part.spec.topic));
        }
        for (const from of into.get(at) ?? []) {
          groups.unite(at, from);
          waiting.push(from);
        }
      }
    }
    const lists = new Map<string, string[]>();
    for (const topic of topics) {
      const root = groups.find(topicName(topic));
      const list = lists.get(root);
      if (list === undefined) lists.set(root, [topic]);
      else list.push(topic);
    }
    return [...lists.values()];
  }
}

/** A topic beside ids of parts, which have no space. */
function topicName(topic: string): string {
  return `topic ${topic}`;
}
