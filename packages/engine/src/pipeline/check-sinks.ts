import type { SinkConfig } from '../nodes/sink/sink-config.ts';
import { writtenKeys } from '../nodes/sink/written-keys.ts';
import type { SourceConfig } from '../nodes/source/source-config.ts';
import type { PortType } from '../topology/port-type.ts';
import type { TopicCatalogue } from '../topology/topic-catalogue.ts';
import type { Diagnostic } from './diagnostic.ts';
import type { PipelineNode } from './document.ts';

export interface CheckedSink {
  readonly node: PipelineNode;
  readonly config: SinkConfig;
  /** What it writes; undefined when that is not known. */
  readonly input: PortType | undefined;
}

export interface CheckedSource {
  readonly node: PipelineNode;
  readonly config: SourceConfig;
}

type Report = (diagnostic: Diagnostic) => void;

/**
 * What a sink cannot see alone: that a source of the pipeline reads its topic, and that another sink writes the same topic differently.
 * Both lists are in the order of the document.
 */
export function checkSinks(
  sinks: readonly CheckedSink[],
  sources: readonly CheckedSource[],
  catalogue: TopicCatalogue,
  report: Report,
): void {
  const readers = new Map<string, PipelineNode>();
  for (const { node, config } of sources) if (!readers.has(config.topic)) readers.set(config.topic, node);
  const first = new Map<string, CheckedSink>();
  const firstTyped = new Map<string, CheckedSink & { readonly input: PortType }>();
  for (const sink of sinks) {
    const { topic } = sink.config;
    if (topic === '') continue;
    const reader = readers.get(topic);
    if (reader !== undefined) reportOwnOutput(sink, reader, report);
    const other = first.get(topic);
    if (other === undefined) first.set(topic, sink);
    // A topic that is there keeps its partitions, whatever the sinks say.
    else if (catalogue.topic(topic) === undefined) comparePartitions(sink, other, report);
    const { input } = sink;
    if (input === undefined) continue;
    const otherTyped = firstTyped.get(topic);
    if (otherTyped === undefined) firstTyped.set(topic, { ...sink, input });
    else compareKeys({ ...sink, input }, otherTyped, report);
  }
}

function reportOwnOutput({ node, config }: CheckedSink, reader: PipelineNode, report: Report): void {
  report({
    code: 'own-output',
    severity: 'error',
    node: node.id,
    path: ['topic'],
    message: `${node.name} writes the topic ${config.topic} and ${reader.name} reads it, so records that went out would come in again. Write another topic, or read this one in another pipeline.`,
  });
}

function comparePartitions(sink: CheckedSink, other: CheckedSink, report: Report): void {
  const [wanted, known] = [sink.config.partitions, other.config.partitions];
  if (wanted === known) return;
  report({
    code: 'partitions',
    severity: 'error',
    node: sink.node.id,
    path: ['partitions'],
    message: `${other.node.name} makes ${sink.config.topic} with ${known} partitions, and ${sink.node.name} with ${wanted}. Give both the same count.`,
    fix: { title: `Use ${known}`, value: known },
  });
}

function compareKeys(
  sink: CheckedSink & { readonly input: PortType },
  other: CheckedSink & { readonly input: PortType },
  report: Report,
): void {
  if (keysOf(sink) === keysOf(other)) return;
  report({
    code: 'unequal-keys',
    severity: 'error',
    node: sink.node.id,
    path: ['topic'],
    message: `${other.node.name} writes ${keysOf(other)} to ${sink.config.topic}, and ${sink.node.name} writes ${keysOf(sink)}. Whoever reads the topic could not tell them apart: give each sink a topic of its own.`,
  });
}

function keysOf({ config, input }: CheckedSink & { readonly input: PortType }): string {
  const { format, window } = writtenKeys(config, input);
  const inWindow = { none: '', json: ' with their window', kafka: ' with their window in Kafka’s bytes' }[window];
  return `keys of the format ${format}${inWindow}`;
}
