import { assert } from '../assert.ts';
import type { TopicSpec } from '../log/log.ts';
import { nodeKind } from '../nodes/node-kinds.ts';
import { hasErrors } from '../pipeline/diagnostic.ts';
import type { Pipeline, PipelineNode } from '../pipeline/document.ts';
import { validatePipeline } from '../pipeline/validate-pipeline.ts';
import { commitsTopicName, deadLetterTopicName, internalTopic } from './internal-topics.ts';
import type { PlannedFlow, Planner } from './planner.ts';
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
  const stores: StoreSpec[] = [];
  const into = new Map(pipeline.edges.map((edge) => [edge.to, edge.from]));
  for (const node of validation.order) {
    planNode({ pipeline, node, graph, flows, stores, into, inputType: (end) => validation.outputs.get(end) });
  }
  const { subTopologies, topics: ownTopics } = graph.build();
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
    commitIntervalMs: pipeline.settings.commitIntervalMs,
    subTopologies,
    stores,
    topics,
    deadLetterTopic: deadLetterTopicName(pipeline.id),
    commitsTopic: commitsTopicName(pipeline.id),
  };
}

interface NodePlanning {
  readonly pipeline: Pipeline;
  readonly node: PipelineNode;
  readonly graph: TopologyGraph;
  readonly flows: Map<string, PlannedFlow>;
  readonly stores: StoreSpec[];
  /** From the input end of each edge to its output end. */
  readonly into: ReadonlyMap<string, string>;
  readonly inputType: (end: string) => ReturnType<Planner['inputType']> | undefined;
}

function planNode({ pipeline, node, graph, flows, stores, into, inputType }: NodePlanning): void {
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
        windowSizeMs: request.windowSizeMs ?? null,
        retentionMs: request.retentionMs ?? null,
        graceMs: request.graceMs ?? null,
        changelogTopic: `${name}-changelog`,
        view: request.view,
        signature: JSON.stringify([request.kind, request.keyFormat, request.windowSizeMs ?? null, request.signature]),
      });
      return name;
    },
    repartition: (port, flow, key, keyFormat, options) =>
      graph.addRepartition(node.id, errorPolicy, port, flow, key, keyFormat, options?.keepNullKeys ?? false),
    copartition: (all) => graph.copartition(all),
    sink: (request) => graph.addSink(node.id, errorPolicy, request, request.partitions ?? defaultPartitions),
  };
  const config = kind.config.parse(node.config);
  kind.plan(config, planner);
  for (const port of kind.outputs(config)) {
    assert(flows.has(`${node.id}.${port.name}`), `kind ${node.kind} planned no output ${port.name}`);
  }
}
