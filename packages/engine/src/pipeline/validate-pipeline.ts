import type { FieldPath } from '@millrace/expression';
import type { CheckContext, NodeKind } from '../nodes/node-kind.ts';
import { nodeKind } from '../nodes/node-kinds.ts';
import type { Partitioning } from '../nodes/partitioning.ts';
import type { SinkConfig } from '../nodes/sink/sink.ts';
import type { SourceConfig } from '../nodes/source/source.ts';
import {
  type FlowShape,
  type InputPort,
  type OutputPort,
  type PortShape,
  type PortType,
  takesShape,
} from '../topology/port-type.ts';
import type { TopicCatalogue } from '../topology/topic-catalogue.ts';
import { checkPartitions } from './check-partitions.ts';
import { checkRows } from './check-rows.ts';
import { type CheckedSink, type CheckedSource, checkSinks } from './check-sinks.ts';
import { closestName } from './closest-name.ts';
import { type Diagnostic, sortDiagnostics } from './diagnostic.ts';
import { type Pipeline, type PipelineEdge, type PipelineNode, parseEndpoint } from './document.ts';
import { flowOrder } from './flow-order.ts';
import { followKeys, type NodeKeys } from './key-change.ts';

export interface Validation {
  /** Errors first, then in the order of the document's nodes. */
  readonly diagnostics: readonly Diagnostic[];
  /** The type of each output that has one, by `node.port`. */
  readonly outputs: ReadonlyMap<string, PortType>;
  /** What becomes of keys and partitions at each node whose config is sound, by its id. */
  readonly keys: ReadonlyMap<string, NodeKeys>;
  /** What each node reads of its input records: `value.delay`, or a whole root. Without the nodes that read nothing. */
  readonly fieldsRead: ReadonlyMap<string, readonly FieldPath[]>;
  /** Every node after all that feed it; without the nodes on cycles and behind them. */
  readonly order: readonly PipelineNode[];
}

interface KnownNode {
  readonly node: PipelineNode;
  readonly kind: NodeKind;
  readonly config: unknown;
  readonly inputs: readonly InputPort[];
  readonly outputs: readonly OutputPort[];
}

/**
 * Everything that can be known to be wrong before a pipeline runs, and the type of every edge. Linear in nodes and edges, without
 * recursion, so that a document of any shape is judged in bounded time.
 */
export function validatePipeline(pipeline: Pipeline, catalogue: TopicCatalogue): Validation {
  const diagnostics: Diagnostic[] = [];
  const report = (diagnostic: Diagnostic): void => {
    diagnostics.push(diagnostic);
  };
  const known = knowNodes(pipeline, report);
  const wiring = wire(pipeline, known, report);
  const { order, cycle } = flowOrder(pipeline.nodes, wiring.edges);
  if (cycle.length > 0) reportCycle(cycle, known, report);
  if (pipeline.nodes.length === 0) {
    report(whole('empty', 'The pipeline is empty. Add a source to begin.'));
  } else {
    if (!pipeline.nodes.some((node) => nodeKind(node.kind)?.category === 'source')) {
      report(whole('no-source', 'Nothing comes in: the pipeline has no source.'));
    }
    if (!pipeline.nodes.some((node) => nodeKind(node.kind)?.category === 'sink')) {
      report(whole('no-sink', 'Nothing goes out: the pipeline has no sink.'));
    }
  }
  const outputs = new Map<string, PortType>();
  const fieldsRead = new Map<string, readonly FieldPath[]>();
  const closestTopic = closestTopicOf(catalogue);
  for (const node of order) {
    const entry = known.get(node.id);
    if (entry === undefined || entry.node !== node) continue;
    checkNode(entry, { wiring, types: outputs, known, catalogue, closestTopic, fieldsRead, report });
  }
  const keys = followKeys(order, wiring.edges, (node) => partitioningOf(node, { known, wiring, outputs, catalogue }));
  checkPartitions(order, keys, outputs, report);
  checkRows(order, keys, report);
  checkSinks(...sinksAndSources(known, wiring, outputs), catalogue, report);
  return {
    diagnostics: sortDiagnostics(
      diagnostics,
      pipeline.nodes.map((node) => node.id),
    ),
    outputs,
    fieldsRead,
    keys,
    order,
  };
}

/** Undefined for a node whose kind or config is not known. */
function partitioningOf(
  node: PipelineNode,
  {
    known,
    wiring,
    outputs,
    catalogue,
  }: {
    readonly known: ReadonlyMap<string, KnownNode>;
    readonly wiring: Wiring;
    readonly outputs: ReadonlyMap<string, PortType>;
    readonly catalogue: TopicCatalogue;
  },
): Partitioning | undefined {
  const entry = known.get(node.id);
  if (entry === undefined || entry.node !== node) return undefined;
  const inputType = (port: string): PortType | undefined => {
    const edge = wiring.into.get(`${node.id}.${port}`)?.[0];
    return edge === undefined ? undefined : outputs.get(edge.from);
  };
  return entry.kind.partitioning?.(entry.config, { catalogue, inputType }) ?? {};
}

/** Nodes whose kind exists and whose config fits it; the others are reported. */
function knowNodes(pipeline: Pipeline, report: (diagnostic: Diagnostic) => void): ReadonlyMap<string, KnownNode> {
  const known = new Map<string, KnownNode>();
  const seen = new Set<string>();
  for (const node of pipeline.nodes) {
    if (seen.has(node.id)) {
      report(
        at(
          node.id,
          'duplicate-id',
          [],
          `Two nodes have the id ${node.id}. Ids are unique, since stores are named after them.`,
        ),
      );
      continue;
    }
    seen.add(node.id);
    const kind = nodeKind(node.kind);
    if (kind === undefined) {
      report(
        at(node.id, 'unknown-kind', [], `${node.name} has the kind ${node.kind}, which this Millrace does not know.`),
      );
      continue;
    }
    const parsed = kind.config.safeParse(node.config);
    if (!parsed.success) {
      for (const issue of parsed.error.issues) {
        const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
        if (issue.code === 'unrecognized_keys') {
          for (const key of issue.keys) {
            report(at(node.id, 'config', [...path, key], `${kind.title} has no setting ${[...path, key].join('.')}.`));
          }
          continue;
        }
        report(at(node.id, 'config', path, `${path.join('.') || 'The config'}: ${issue.message}`));
      }
      continue;
    }
    known.set(node.id, {
      node,
      kind,
      config: parsed.data,
      inputs: kind.inputs(parsed.data),
      outputs: kind.outputs(parsed.data),
    });
  }
  return known;
}

interface Wiring {
  /** Edges whose ends both exist. */
  readonly edges: readonly PipelineEdge[];
  /** The edges into each input, by `node.port`. */
  readonly into: ReadonlyMap<string, readonly PipelineEdge[]>;
  readonly outOf: ReadonlySet<string>;
}

function wire(
  pipeline: Pipeline,
  known: ReadonlyMap<string, KnownNode>,
  report: (diagnostic: Diagnostic) => void,
): Wiring {
  const edges: PipelineEdge[] = [];
  const into = new Map<string, PipelineEdge[]>();
  const outOf = new Set<string>();
  const ids = new Set(pipeline.nodes.map((node) => node.id));
  for (const edge of pipeline.edges) {
    const from = parseEndpoint(edge.from);
    const to = parseEndpoint(edge.to);
    const missing = [from, to].find((end) => !ids.has(end.node));
    if (missing !== undefined) {
      report({
        ...whole('edge-end', `An edge goes from ${edge.from} to ${edge.to}, and there is no node ${missing.node}.`),
        edge,
      });
      continue;
    }
    const fromNode = known.get(from.node);
    const toNode = known.get(to.node);
    if (fromNode !== undefined && !fromNode.outputs.some((port) => port.name === from.port)) {
      report({ ...at(from.node, 'edge-port', [], `${fromNode.node.name} has no output ${from.port}.`), edge });
      continue;
    }
    if (toNode !== undefined && !toNode.inputs.some((port) => port.name === to.port)) {
      report({ ...at(to.node, 'edge-port', [], `${toNode.node.name} has no input ${to.port}.`), edge });
      continue;
    }
    edges.push(edge);
    outOf.add(edge.from);
    const others = into.get(edge.to);
    if (others === undefined) into.set(edge.to, [edge]);
    else others.push(edge);
  }
  return { edges, into, outOf };
}

function reportCycle(
  cycle: readonly PipelineNode[],
  known: ReadonlyMap<string, KnownNode>,
  report: (diagnostic: Diagnostic) => void,
): void {
  const shown = cycle.slice(0, 8).map((node) => node.name);
  const names = cycle.length > 8 ? `${shown.join(' → ')} → …` : [...shown, shown[0]].join(' → ');
  for (const node of cycle.slice(0, 100)) {
    if (known.has(node.id)) {
      report(at(node.id, 'cycle', [], `Records would go round for ever: ${names}. Remove one of these edges.`));
    }
  }
}

/** Every search looks at every topic, so there are only so many for a document. */
const topicSearchesMax = 100;

function closestTopicOf(catalogue: TopicCatalogue): CheckContext['closestTopic'] {
  const found = new Map<string, string | null>();
  return (name) => {
    const known = found.get(name);
    if (known !== undefined || found.size === topicSearchesMax) return known ?? null;
    const closest = closestName(name, catalogue.names());
    found.set(name, closest);
    return closest;
  };
}

interface NodeChecking {
  readonly wiring: Wiring;
  /** The type of each output that has one; those of the node are added. */
  readonly types: Map<string, PortType>;
  readonly known: ReadonlyMap<string, KnownNode>;
  readonly catalogue: TopicCatalogue;
  readonly closestTopic: CheckContext['closestTopic'];
  readonly fieldsRead: Map<string, readonly FieldPath[]>;
  readonly report: (diagnostic: Diagnostic) => void;
}

function checkNode(
  { node, kind, config, inputs, outputs }: KnownNode,
  { wiring, types, known, catalogue, closestTopic, fieldsRead, report }: NodeChecking,
): void {
  const arriving = new Map<string, PortType>();
  const names = new Map<string, string>();
  const read = new Map<string, FieldPath>();
  for (const port of inputs) {
    const edges = wiring.into.get(`${node.id}.${port.name}`) ?? [];
    const title = inputs.length === 1 ? 'its input' : `its input ${port.name}`;
    if (edges.length === 0) {
      report(at(node.id, 'missing-input', [], `Nothing is wired to ${title}.`));
      continue;
    }
    for (const extra of edges.slice(1)) {
      report({
        ...at(
          node.id,
          'doubled-input',
          [],
          `${edges.length} edges lead to ${title}, and it takes one. Remove the others.`,
        ),
        edge: extra,
      });
    }
    const edge = edges[0] as PipelineEdge;
    const upstream = known.get(parseEndpoint(edge.from).node);
    names.set(port.name, upstream?.node.name ?? parseEndpoint(edge.from).node);
    const type = types.get(edge.from);
    if (type === undefined) continue;
    if (!takesShape(port.shape, type.shape)) {
      report({
        ...at(
          node.id,
          'wrong-port',
          [],
          `${inputs.length === 1 ? 'This input' : `The input ${port.name}`} takes a ${inWords(port.shape)}. ${names.get(port.name)} is a ${inWords(type.shape)}.`,
        ),
        edge,
      });
      continue;
    }
    arriving.set(port.name, type);
  }
  const context: CheckContext = {
    inputs: arriving,
    catalogue,
    closestTopic,
    nodeName: node.name,
    inputName: (port) => names.get(port) ?? 'the input',
    report: (finding) => report({ ...finding, node: node.id, severity: finding.severity ?? 'error' }),
    reads: (fields) => {
      for (const field of fields) read.set(`${field.root}.${field.path.join('.')}`, field);
    },
  };
  for (const [port, type] of kind.check(config, context)) types.set(`${node.id}.${port}`, type);
  if (read.size > 0) fieldsRead.set(node.id, [...read.values()]);
  for (const port of outputs) {
    if (!wiring.outOf.has(`${node.id}.${port.name}`)) {
      report({
        ...at(
          node.id,
          'unread-output',
          [],
          `Nothing reads ${outputs.length === 1 ? '' : `the output ${port.name} of `}${node.name}. Wire it on, or remove it.`,
        ),
        severity: 'warning',
      });
    }
  }
}

function inWords(shape: PortShape | FlowShape): string {
  if (shape === 'any') return 'stream or a table';
  return shape === 'global' ? 'global table, which a join with a stream can look up' : shape;
}

function sinksAndSources(
  known: ReadonlyMap<string, KnownNode>,
  wiring: Wiring,
  types: ReadonlyMap<string, PortType>,
): readonly [sinks: readonly CheckedSink[], sources: readonly CheckedSource[]] {
  const sinks: CheckedSink[] = [];
  const sources: CheckedSource[] = [];
  for (const { node, config } of known.values()) {
    if (node.kind === 'source') sources.push({ node, config: config as SourceConfig });
    if (node.kind !== 'sink') continue;
    const from = wiring.into.get(`${node.id}.in`)?.[0]?.from;
    sinks.push({ node, config: config as SinkConfig, input: from === undefined ? undefined : types.get(from) });
  }
  return [sinks, sources];
}

function at(node: string, code: string, path: readonly (string | number)[], message: string): Diagnostic {
  return { code, severity: 'error', node, path, message };
}

function whole(code: string, message: string): Diagnostic {
  return { code, severity: 'error', node: null, path: [], message };
}
