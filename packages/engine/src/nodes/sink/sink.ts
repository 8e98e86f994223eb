import type { PlannedFlow } from '../../topology/planner.ts';
import { recordRoots } from '../node-expression.ts';
import type { NodeKind } from '../node-kind.ts';
import { checkRecord, checkTopic } from './check-sink.ts';
import { type SinkConfig, sinkConfig } from './sink-config.ts';
import type { SinkRecordConfig } from './sink-record-processor.ts';

export type { SinkConfig } from './sink-config.ts';

export const sink: NodeKind<SinkConfig> = {
  name: 'sink',
  title: 'Sink',
  summary: 'Writes records to a topic.',
  prose: `Writes every record that arrives, with its key, its value as JSON, its timestamp and its headers, each as it is or as an expression here gives it. A value that nobody changed is written with the bytes that it came with. The partition follows from the key, as Kafka's own producers choose it, unless you say which. A table is written as its changes; a deleted row is a record without a value.

After windows the key is the JSON object {"key", "start", "end"}, or Kafka Streams' own bytes, and the partition follows from the inner key. With a key of your own, the window is left out.

A record that cannot be written (its value is no text for a topic of texts, its partition does not exist) follows the node's error policy.

Several sinks may write one topic, with keys of the same format. None may write a topic that a source of the same pipeline reads.

What is written, what the stores hold and what has been read become durable in one commit: after a crash nothing is missing and nothing is there twice.`,
  example: {
    config: sinkConfig.parse({ topic: 'delays-by-state' }),
    says: 'Writes the results to the topic delays-by-state.',
  },
  category: 'sink',
  config: sinkConfig,
  initialConfig: () => ({ topic: '', partitions: 4 }),
  inputs: () => [{ name: 'in', title: 'Records', shape: 'any' }],
  outputs: () => [],
  check: (settings, context) => {
    checkTopic(settings, context);
    checkRecord(settings, context);
    return new Map();
  },
  expressions: (settings, inputs) => {
    const roots = recordRoots(inputs.get('in'));
    return [
      ...['key', 'value', 'timestamp', 'partition'].map((name) => ({ path: [name], roots })),
      ...settings.headers.map((_, index) => ({ path: ['headers', index, 'value'], roots })),
    ];
  },
  plan: (settings, planner) => {
    const { topic, partitions, key, keyFormat, value, timestamp, headers, partition, windowedKey } = settings;
    const arriving = planner.input('in');
    const isKept = headers.length === 0 && [key, value, timestamp, partition].every((text) => text.trim() === '');
    const record: SinkRecordConfig = {
      key,
      keyFormat,
      value,
      timestamp,
      headers,
      partition,
      isTable: arriving.shape === 'table',
      partitions: planner.sinkPartitions(topic, partitions),
    };
    const made = isKept
      ? arriving
      : planner.processor({
          part: 'record',
          prepares: 'in',
          processor: 'sink-record',
          config: record,
          inputs: { in: arriving },
        });
    const input: PlannedFlow = key.trim() === '' ? made : { ...made, keyFormat, windowed: false };
    const valueFormat = settings.valueFormat === 'json' ? undefined : settings.valueFormat;
    planner.sink({ topic, partitions, input, windowedKey, valueFormat });
  },
};
