import { assert } from '../assert.ts';
import type { TopicSpec } from '../log/log.ts';
import { nodeKind } from '../nodes/node-kinds.ts';
import { hasErrors } from '../pipeline/diagnostic.ts';
import type { Pipeline, PipelineNode } from '../pipeline/document.ts';
import { isMetByKey } from '../pipeline/key-change.ts';
import { type Validation, validatePipeline } from '../pipeline/validate-pipeline.ts';
import { commitsTopicName, deadLetterTopicName, internalTopic } from './internal-topics.ts';
import { bothDemands, type Demand, noDemand, type PlannedFlow, type Planner } from './planner.ts';
import type { TopicCatalogue } from './topic-catalogue.ts';
import type { StoreSpec, Topology } from './topology.ts';
import { TopologyGraph } from './topology-graph.ts';

/** Partitions of an output topic that does not exist yet, unless the sink says otherwise. */
export const defaultPartitions = 4;

/**
 * The topology of a pipeline. The pipeline must be free of errors (see validatePipeline) with the same catalogue, which gives the
 * partition counts of its topics.
 */
export function planTopology(pipeline: Pipeline, catalogue: TopicCatalogue): Topology {
  const validation = validatePipeline(pipeline, catalogue);
  assert(!hasErrors(validation.diagnostics), `pipeline ${pipeline.id} was planned with errors in it`);
  const graph = new TopologyGraph(pipeline.id, catalogue);
  const flows = new Map<string, PlannedFlow>();
  const demands = demandsOf(pipeline, validation);
  const stores: StoreSpec[] = [];
  const into = new Map(pipeline.edges.map((edge) => [edge.to, edge.from]));
  for (const node of validation.order) {
    planNode({ pipeline, node, graph, flows, demands, stores, into, inputType: (end) => validation.outputs.get(end) });
    const keys = validation.keys.get(node.id);
    for (const [port, end] of keys?.from ?? []) {
      const flow = flows.get(end);
      // What several topics were merged into lies in equal counts of partitions where equal keys must meet.
      if (flow !== undefined && keys !== undefined && isMetByKey(keys, port)) graph.copartition([flow]);
    }
  }
  const { subTopologies, topics: ownTopics, globalTables } = graph.build();
  const partitionsOfStore = new Map(
    subTopologies.flatMap((subTopology) => subTopology.stores.map((name) => [name, subTopology.partitions] as const)),
  );
  const topics: TopicSpec[] = [
    ...ownTopics,
    ...stores.map((store) =>
      internalTopic(store.changelogTopic, pipeline.id, 'changelog', partitionsOfStore.get(store.name) ?? 1),
    ),
    internalTopic(deadLetterTopicName(pipeline.id), pipeline.id, 'dead-letter', 1),
    internalTopic(commitsTopicName(pipeline.id), pipeline.id, 'commits', 1),
  ];
  return {
    pipeline: pipeline.id,
    guarantee: pipeline.settings.guarantee,
    commitIntervalMs: pipeline.settings.commitIntervalMs,
    settings: {
      cacheBytes: pipeline.settings.cacheBytes,
      maxIdleMs: pipeline.settings.maxIdleMs,
      emitIntervalMs: pipeline.settings.emitIntervalMs,
    },
    subTopologies,
    stores,
    globalTables,
    topics,
    deadLetterTopic: deadLetterTopicName(pipeline.id),
    commitsTopic: commitsTopicName(pipeline.id),
  };
}

/** What is wanted of each output, from the last nodes to the first: who filters a table, say, wants of it what is wanted of the result. */
function demandsOf(pipeline: Pipeline, validation: Validation): ReadonlyMap<string, Demand> {
  const into = new Map(pipeline.edges.map((edge) => [edge.to, edge.from]));
  const demands = new Map<string, Demand>();
  for (const node of validation.order.toReversed()) {
    const kind = nodeKind(node.kind);
    if (kind === undefined) continue;
    const config = kind.config.parse(node.config);
    const demandOf = (port: string): Demand => demands.get(`${node.id}.${port}`) ?? noDemand;
    const nullKeys = kind.outputs(config).some(({ name }) => demandOf(name).nullKeys === true);
    for (const { name } of kind.inputs(config)) {
      const from = into.get(`${node.id}.${name}`);
      if (from === undefined) continue;
      const own = kind.demands?.(config, name, {
        demand: demandOf,
        inputType: (port) => validation.outputs.get(into.get(`${node.id}.${port}`) ?? ''),
      });
      const demand = { nullKeys, ...(own ?? noDemand) };
      demands.set(from, bothDemands(demands.get(from) ?? noDemand, demand));
    }
  }
  return demands;
}

interface NodePlanning {
  readonly pipeline: Pipeline;
  readonly node: PipelineNode;
  readonly graph: TopologyGraph;
  readonly flows: Map<string, PlannedFlow>;
  /** By output end. */
  readonly demands: ReadonlyMap<string, Demand>;
  readonly stores: StoreSpec[];
  /** From the input end of each edge to its output end. */
  readonly into: ReadonlyMap<string, string>;
  readonly inputType: (end: string) => ReturnType<Planner['inputType']> | undefined;
}

function planNode({ pipeline, node, graph, flows, demands, stores, into, inputType }: NodePlanning): void {
  const kind = nodeKind(node.kind);
  assert(kind !== undefined, `node ${node.id} has the unknown kind ${node.kind}`);
  const errorPolicy = node.errorPolicy ?? pipeline.settings.errorPolicy;
  const sourceOf = (port: string): string => {
    const from = into.get(`${node.id}.${port}`);
    assert(from !== undefined, `nothing is wired to ${node.id}.${port}`);
    return from;
  };
  const planner: Planner = {
    input: (port) => {
      const from = sourceOf(port);
      const flow = flows.get(from);
      assert(flow !== undefined, `${from} was planned after what reads it`);
      return flow;
    },
    demand: (port) => demands.get(`${node.id}.${port}`) ?? noDemand,
    inputType: (port) => {
      const type = inputType(sourceOf(port));
      assert(type !== undefined, `${sourceOf(port)} has no type`);
      return type;
    },
    output: (port, flow) => {
      flows.set(`${node.id}.${port}`, flow);
    },
    source: (request) => graph.addSource(node.id, errorPolicy, request),
    processor: (request) => graph.addProcessor(node.id, errorPolicy, request),
    store: (request) => {
      const name = `${pipeline.id}-${node.id}-${request.role}`;
      stores.push({
        name,
        node: node.id,
        kind: request.kind,
        keyFormat: request.keyFormat,
        suffix: request.suffix ?? [],
        ...(request.prefix === undefined ? {} : { prefix: request.prefix }),
        windowSizeMs: request.windowSizeMs ?? null,
        ...(request.firstWindowEnd === undefined ? {} : { firstWindowEnd: request.firstWindowEnd }),
        retentionMs: request.retentionMs ?? null,
        graceMs: request.graceMs ?? null,
        changelogTopic: `${name}-changelog`,
        view: request.view,
        signature: JSON.stringify([
          request.kind,
          request.keyFormat,
          ...(request.suffix ?? []),
          request.windowSizeMs ?? null,
          request.signature,
        ]),
      });
      return name;
    },
    repartition: (port, flow, key, keyFormat, options) =>
      graph.addRepartition(node.id, errorPolicy, port, flow, key, keyFormat, options ?? {}),
    throughTopic: (role, flow, options) => graph.throughTopic(node.id, errorPolicy, 'in', role, flow, options ?? {}),
    globalTable: (request) => graph.addGlobalTable(node.id, errorPolicy, request),
    copartition: (all) => graph.copartition(all),
    sinkPartitions: (topic, partitions) => graph.sinkPartitions(topic, partitions),
    sink: (request) => graph.addSink(node.id, errorPolicy, request, request.partitions ?? defaultPartitions),
  };
  const config = kind.config.parse(node.config);
  kind.plan(config, planner);
  for (const port of kind.outputs(config)) {
    assert(flows.has(`${node.id}.${port.name}`), `kind ${node.kind} planned no output ${port.name}`);
  }
}
