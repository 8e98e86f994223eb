import { assert } from '../assert.ts';
import type { KeyFormat } from '../log/key-format.ts';
import type { TopicSpec } from '../log/log.ts';
import type { ErrorPolicy } from '../pipeline/pipeline-settings.ts';
import { DisjointSets } from './disjoint-sets.ts';
import { generatedTopic, internalTopic, outputTopic } from './internal-topics.ts';
import { internalPartitionCounts } from './partition-counts.ts';
import {
  type PlannedFlow,
  type ProcessorRequest,
  type RepartitionOptions,
  type SinkRequest,
  type SourceRequest,
  streamFlow,
} from './planner.ts';
import type { TopicCatalogue } from './topic-catalogue.ts';
import type { GlobalTableSpec, ProcessorSpec, SinkSpec, SourceSpec, SubTopology, Target } from './topology.ts';

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
  /** Repartitions that several nodes share, by the output that they belong to. */
  readonly #shared = new Map<
    string,
    { readonly flow: PlannedFlow; readonly config: { key: null; keepNullKeys: boolean } }
  >();
  /** Internal topics, with the count of partitions that was asked for, if any. */
  readonly #internal = new Map<string, number | null>();
  /** Topics whose records are generated, with their count of partitions. */
  readonly #generated = new Map<string, number>();
  readonly #globalTables: GlobalTableSpec[] = [];

  constructor(pipeline: string, catalogue: TopicCatalogue) {
    this.#pipeline = pipeline;
    this.#catalogue = catalogue;
  }

  addSource(node: string, errorPolicy: ErrorPolicy, request: SourceRequest): PlannedFlow {
    const id = request.role === 'main' ? node : `${node}.source`;
    const settings = sourceSettings(request);
    const topic = request.generator === undefined ? request.topic : generatedTopic(this.#pipeline, node);
    this.#parts.set(id, {
      type: 'source',
      spec: {
        id,
        node,
        role: request.role,
        ...settings,
        topic,
        internal: false,
        errorPolicy,
      },
    });
    if (request.generator !== undefined) this.#generated.set(topic, request.generator.partitions);
    return { ...streamFlow, from: id, port: 'out', keyFormat: request.keyFormat, mustRepartition: false };
  }

  /** Gives the name by which processors ask for the table. */
  addGlobalTable(node: string, errorPolicy: ErrorPolicy, request: Omit<SourceRequest, 'role'>): string {
    const name = `${this.#pipeline}-${node}-store`;
    this.#globalTables.push({
      name,
      source: {
        id: node,
        node,
        role: 'main',
        ...sourceSettings(request),
        partitions: this.#externalPartitions(request.topic),
        internal: false,
        errorPolicy,
        targets: [],
      },
    });
    return name;
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
        role: request.part === undefined ? 'main' : (request.role ?? 'before'),
        ...(request.prepares === undefined ? {} : { prepares: request.prepares }),
        processor: request.processor,
        config: request.config,
        stores: request.stores ?? [],
        rows: Object.fromEntries(
          Object.entries(request.inputs).flatMap(([port, { rows }]) => (rows === null ? [] : [[port, rows]])),
        ),
        keyFormat: first.keyFormat,
        errorPolicy,
      },
    });
    for (const [port, flow] of Object.entries(request.inputs)) this.#link(flow, { to: id, port });
    return { ...first, from: id, port: 'out', rows: null, sendsOld: false };
  }

  addRepartition(
    node: string,
    errorPolicy: ErrorPolicy,
    port: string,
    flow: PlannedFlow,
    key: { readonly expression: string; readonly path: readonly (string | number)[] } | null,
    keyFormat: KeyFormat,
    options: RepartitionOptions,
  ): PlannedFlow {
    if (key === null && options.share === true) return this.#sharedRepartition(flow, errorPolicy, options);
    const prefix = port === 'in' ? '' : `${port}-`;
    const keyed = this.addProcessor(node, errorPolicy, {
      part: `${prefix}key`,
      prepares: port,
      processor: 're-key',
      config: {
        key: key === null ? null : { ...key, format: keyFormat },
        keepNullKeys: options.keepNullKeys ?? false,
      },
      inputs: { in: flow },
    });
    return this.throughTopic(node, errorPolicy, port, `${prefix}repartition`, { ...keyed, keyFormat }, options);
  }

  /**
   * One topic for all who need the flow's keys together, named after the node that the flow comes from: its parts stand behind that node.
   * Records without a key go through if anybody wants them; who does not, ends them.
   */
  #sharedRepartition(flow: PlannedFlow, errorPolicy: ErrorPolicy, options: RepartitionOptions): PlannedFlow {
    const end = `${flow.from} ${flow.port}`;
    const keepNullKeys = options.keepNullKeys ?? false;
    const known = this.#shared.get(end);
    if (known !== undefined) {
      if (keepNullKeys) known.config.keepNullKeys = true;
      return known.flow;
    }
    const node = this.#part(flow.from).spec.node;
    const role = flow.port === 'out' ? 'repartition' : `${flow.port}-repartition`;
    const config = { key: null, keepNullKeys };
    const keyed = this.addProcessor(node, errorPolicy, {
      part: `${role}-key`,
      prepares: flow.port,
      role: 'after',
      processor: 're-key',
      config,
      inputs: { in: flow },
    });
    const through = this.throughTopic(node, errorPolicy, flow.port, role, keyed, options, 'after');
    this.#shared.set(end, { flow: through, config });
    return through;
  }

  /** Writes a flow through the internal topic `<pipeline>-<node>-<role>`. */
  throughTopic(
    node: string,
    errorPolicy: ErrorPolicy,
    port: string,
    role: string,
    flow: PlannedFlow,
    options: RepartitionOptions,
    partRole: 'before' | 'after' = 'before',
  ): PlannedFlow {
    const topic = `${this.#pipeline}-${node}-${role}`;
    const { keyFormat } = flow;
    const sinkId = `${node}.${role}-sink`;
    const sourceId = `${node}.${role}-source`;
    this.#parts.set(sinkId, {
      type: 'sink',
      spec: {
        id: sinkId,
        node,
        role: partRole,
        prepares: options.prepares ?? port,
        topic,
        keyFormat,
        keyEncoding: 'plain',
        internal: true,
        errorPolicy,
      },
      partitions: 0,
    });
    this.#link(flow, { to: sinkId, port: 'in' });
    this.#parts.set(sourceId, {
      type: 'source',
      spec: {
        id: sourceId,
        node,
        role: partRole,
        topic,
        keyFormat,
        valueFormat: 'json',
        timestamp: { from: 'record' },
        internal: true,
        errorPolicy,
      },
    });
    this.#internal.set(topic, options.partitions ?? null);
    return { ...streamFlow, from: sourceId, port: 'out', keyFormat, mustRepartition: false };
  }

  addSink(node: string, errorPolicy: ErrorPolicy, request: SinkRequest, newPartitions: number): void {
    const { topic, input, windowedKey, valueFormat } = request;
    this.#parts.set(node, {
      type: 'sink',
      spec: {
        id: node,
        node,
        role: 'main',
        topic,
        keyFormat: input.keyFormat,
        keyEncoding: !input.windowed ? 'plain' : windowedKey !== 'kafka' ? 'json-window' : kafkaEncoding(input),
        ...(valueFormat === undefined ? {} : { valueFormat }),
        internal: false,
        errorPolicy,
      },
      partitions: this.sinkPartitions(topic, newPartitions),
    });
    this.#link(input, { to: node, port: 'in' });
  }

  sinkPartitions(topic: string, newPartitions: number): number {
    return this.#catalogue.topic(topic)?.partitions ?? newPartitions;
  }

  copartition(flows: readonly PlannedFlow[]): void {
    this.#copartitioned.push(flows.map((flow) => flow.from));
  }

  build(): {
    readonly subTopologies: readonly SubTopology[];
    readonly topics: readonly TopicSpec[];
    readonly globalTables: readonly GlobalTableSpec[];
  } {
    const components = this.#components();
    const counts = this.#partitionCounts(components);
    const targets = this.#targets();
    const partitionsOf = (topic: string): number => counts.get(topic) ?? this.#externalPartitions(topic);
    const topics = new Map<string, TopicSpec>();
    for (const topic of this.#internal.keys()) {
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
    return { subTopologies, topics: [...topics.values()], globalTables: this.#globalTables };
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
      // A port may have a name that objects have by themselves.
      const known = Object.hasOwn(ofPart, fromPort) ? ofPart[fromPort] : undefined;
      if (known === undefined) ofPart[fromPort] = [target];
      else known.push(target);
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
    return this.#generated.get(topic) ?? this.#catalogue.topic(topic)?.partitions ?? 1;
  }

  #partitionCounts(components: readonly (readonly Part[])[]): ReadonlyMap<string, number> {
    const reads: (readonly string[])[] = [];
    const writers = new Map<string, number>();
    for (const [index, parts] of components.entries()) {
      reads.push(parts.flatMap((part) => (part.type === 'source' ? [part.spec.topic] : [])));
      for (const part of parts) if (part.type === 'sink' && part.spec.internal) writers.set(part.spec.topic, index);
    }
    const fixed = new Map(
      [...this.#internal].flatMap(([topic, count]) => (count === null ? [] : [[topic, count] as const])),
    );
    return internalPartitionCounts({ reads, writers, copartitioned: this.#copartitionedTopics(), fixed }, (topic) =>
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

function kafkaEncoding({ isSessions }: PlannedFlow): SinkSpec['keyEncoding'] {
  return isSessions === true ? 'kafka-session' : 'kafka-time-window';
}

function sourceSettings(request: Omit<SourceRequest, 'role'>) {
  return {
    topic: request.topic,
    keyFormat: request.keyFormat,
    valueFormat: request.valueFormat ?? ('json' as const),
    timestamp: request.timestamp,
    ...(request.bigIntegers === undefined ? {} : { bigIntegers: request.bigIntegers }),
    ...(request.invalidTimestamp === undefined ? {} : { invalidTimestamp: request.invalidTimestamp }),
    ...(request.generator === undefined ? {} : { generator: request.generator.config }),
  };
}

/** A topic beside ids of parts, which have no space. */
function topicName(topic: string): string {
  return `topic ${topic}`;
}
