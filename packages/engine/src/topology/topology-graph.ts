import { assert } from '../assert.ts';
import type { KeyFormat } from '../log/key-format.ts';
import type { TopicSpec } from '../log/log.ts';
import type { ErrorPolicy } from '../pipeline/document.ts';
import { internalTopic, outputTopic } from './internal-topics.ts';
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
  /** Internal topics, with the part that writes and the part that reads each. */
  readonly #repartitions = new Map<string, { readonly sink: string; readonly source: string }>();

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
    this.#repartitions.set(topic, { sink: sinkId, source: sourceId });
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
    const topics: TopicSpec[] = [...this.#repartitions.keys()].map((topic) =>
      internalTopic(topic, this.#pipeline, 'repartition', counts.get(topic) ?? 1),
    );
    const subTopologies = components.map((ids, id): SubTopology => {
      const parts = ids.map((partId) => this.#part(partId));
      const sources = parts.flatMap((part) =>
        part.type === 'source'
          ? [
              {
                ...part.spec,
                partitions: counts.get(part.spec.topic) ?? 1,
                targets: this.#targets(part.spec.id).out ?? [],
              },
            ]
          : [],
      );
      const processors = parts.flatMap((part) =>
        part.type === 'processor' ? [{ ...part.spec, targets: this.#targets(part.spec.id) }] : [],
      );
      const sinks = parts.flatMap((part) => {
        if (part.type !== 'sink') return [];
        const partitions = part.spec.internal ? (counts.get(part.spec.topic) ?? 1) : part.partitions;
        const isNew = !part.spec.internal && this.#catalogue.topic(part.spec.topic) === undefined;
        if (isNew && !topics.some((topic) => topic.name === part.spec.topic))
          topics.push(outputTopic(part.spec.topic, partitions));
        return [{ ...part.spec, partitions }];
      });
      return {
        id,
        partitions: Math.max(1, ...sources.map((source) => source.partitions)),
        sources,
        processors,
        sinks,
        stores: [...new Set(processors.flatMap((processor) => processor.stores))],
      };
    });
    return { subTopologies, topics };
  }

  #part(id: string): Part {
    const part = this.#parts.get(id);
    assert(part !== undefined, `nothing was planned as ${id}`);
    return part;
  }

  #link(flow: PlannedFlow, target: Target): void {
    this.#links.push({ from: flow.from, fromPort: flow.port, target });
  }

  #targets(id: string): { readonly [port: string]: readonly Target[] } {
    const targets: { [port: string]: Target[] } = {};
    for (const link of this.#links) {
      if (link.from !== id) continue;
      targets[link.fromPort] ??= [];
      targets[link.fromPort]?.push(link.target);
    }
    return targets;
  }

  /** Ids of connected parts, each list and the lists themselves in the order in which the parts were added. */
  #components(): readonly (readonly string[])[] {
    const parent = new Map([...this.#parts.keys()].map((id) => [id, id]));
    const find = (id: string): string => {
      let root = id;
      while (parent.get(root) !== root) root = parent.get(root) as string;
      for (let at = id; at !== root; ) {
        const next = parent.get(at) as string;
        parent.set(at, root);
        at = next;
      }
      return root;
    };
    const unite = (left: string, right: string): void => {
      parent.set(find(right), find(left));
    };
    for (const link of this.#links) unite(link.from, link.target.to);
    const storeUser = new Map<string, string>();
    for (const part of this.#parts.values()) {
      if (part.type !== 'processor') continue;
      for (const store of part.spec.stores) {
        const other = storeUser.get(store);
        if (other === undefined) storeUser.set(store, part.spec.id);
        else unite(other, part.spec.id);
      }
    }
    const components = new Map<string, string[]>();
    for (const id of this.#parts.keys()) {
      const root = find(id);
      const ids = components.get(root);
      if (ids === undefined) components.set(root, [id]);
      else ids.push(id);
    }
    return [...components.values()];
  }

  /**
   * Partition counts of all source topics. A repartition topic gets the greatest count among the topics that its writing sub-topology
   * reads, unless it is co-partitioned with an external topic, whose count it then takes. Parts are in flow order, so one pass suffices.
   */
  #partitionCounts(components: readonly (readonly string[])[]): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    const topicsOf = (ids: readonly string[]): readonly string[] =>
      ids.flatMap((id) => {
        const part = this.#part(id);
        return part.type === 'source' ? [part.spec.topic] : [];
      });
    for (const ids of components) {
      for (const topic of topicsOf(ids)) {
        const known = this.#catalogue.topic(topic)?.partitions;
        if (known !== undefined && !this.#repartitions.has(topic)) counts.set(topic, known);
      }
    }
    const resolve = (topic: string): number => {
      const known = counts.get(topic);
      if (known !== undefined) return known;
      const repartition = this.#repartitions.get(topic);
      if (repartition === undefined) return 1;
      const writing = components.find((ids) => ids.includes(repartition.sink)) ?? [];
      const count = Math.max(1, ...topicsOf(writing).map(resolve));
      counts.set(topic, count);
      return count;
    };
    for (const topics of this.#copartitionedTopics()) {
      const external = topics.filter((topic) => !this.#repartitions.has(topic)).map(resolve);
      const internal = topics.filter((topic) => this.#repartitions.has(topic));
      const count = external.length > 0 ? Math.max(...external) : Math.max(1, ...internal.map(resolve));
      for (const topic of internal) counts.set(topic, count);
    }
    for (const topic of this.#repartitions.keys()) resolve(topic);
    return counts;
  }

  /** Topics that must have equal partition counts, each in one group: groups with a topic in common are one. */
  #copartitionedTopics(): readonly (readonly string[])[] {
    let groups: (readonly string[])[] = [];
    for (const parts of this.#copartitioned) {
      const topics = new Set(parts.flatMap((id) => this.#topicsBehind(id)));
      const apart = groups.filter((group) => !group.some((topic) => topics.has(topic)));
      const met = groups.filter((group) => !apart.includes(group));
      groups = [...apart, [...new Set([...met.flat(), ...topics])]];
    }
    return groups;
  }

  /** The topics whose records reach a part inside its sub-topology. */
  #topicsBehind(id: string): readonly string[] {
    const seen = new Set<string>();
    const topics: string[] = [];
    const waiting = [id];
    for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
      if (seen.has(at)) continue;
      seen.add(at);
      const part = this.#part(at);
      if (part.type === 'source') topics.push(part.spec.topic);
      for (const link of this.#links) if (link.target.to === at) waiting.push(link.from);
    }
    return topics;
  }
}
