import { z } from 'zod';
import type { CatalogueTopic } from '../../topology/topic-catalogue.ts';
import { field } from '../field.ts';
import { mayHaveKeyFormat } from '../key-format-guess.ts';
import type { CheckContext, NodeKind } from '../node-kind.ts';

/** As Kafka has it; `.` and `..` alone are no names. */
const topicName = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/;

const config = z.strictObject({
  topic: z
    .string()
    .max(249)
    .meta(
      field({
        label: 'Topic',
        widget: 'new-topic',
        help: 'The topic to write. It is made when the pipeline is deployed, if there is none.',
        placeholder: 'delays-by-state',
      }),
    ),
  partitions: z
    .number()
    .int()
    .min(1)
    .max(1000)
    .default(4)
    .meta(
      field({
        label: 'Partitions',
        widget: 'number',
        help: 'For a topic that is not there yet. An existing topic keeps its own.',
      }),
    ),
});

export type SinkConfig = z.infer<typeof config>;

export const sink: NodeKind<SinkConfig> = {
  name: 'sink',
  title: 'Sink',
  summary: 'Writes records to a topic.',
  prose: `Writes every record that arrives, with its key, its value as JSON, its timestamp and its headers. The partition follows from the key, as Kafka's own producers choose it. A table is written as its changes; a deleted row is a record without a value.

After windows the key is the JSON object {"key", "start", "end"}, and the partition follows from the inner key.

Several sinks may write one topic, with keys of the same format. None may write a topic that a source of the same pipeline reads.

What is written, what the stores hold and what has been read become durable in one commit: after a crash nothing is missing and nothing is there twice.`,
  example: {
    config: { topic: 'delays-by-state', partitions: 4 },
    says: 'Writes the results to the topic delays-by-state.',
  },
  category: 'sink',
  config,
  initialConfig: () => ({ topic: '', partitions: 4 }),
  inputs: () => [{ name: 'in', title: 'Records', shape: 'any' }],
  outputs: () => [],
  check: (settings, context) => {
    if (settings.topic === '') {
      context.report({ code: 'missing-topic', path: ['topic'], message: 'Name the topic to write.' });
    } else if (!topicName.test(settings.topic)) {
      context.report({
        code: 'topic-name',
        path: ['topic'],
        message: 'The name of a topic has 1 to 249 letters, digits, dots, underscores and hyphens.',
      });
    }
    const topic = context.catalogue.topic(settings.topic);
    if (topic !== undefined) checkExistingTopic(settings, topic, context);
    return new Map();
  },
  expressions: () => [],
  plan: (settings, planner) => {
    planner.sink({ topic: settings.topic, partitions: settings.partitions, input: planner.input('in') });
  },
};

/** A topic that is there keeps its partitions and its keys: what the sink says differently has no effect, or spoils it for readers. */
function checkExistingTopic(settings: SinkConfig, topic: CatalogueTopic, context: CheckContext): void {
  const input = context.inputs.get('in');
  const format = input?.windowed ? 'json' : input?.keyFormat;
  if (format !== undefined && !mayHaveKeyFormat(topic, format)) {
    context.report({
      code: 'key-format',
      severity: 'warning',
      path: ['topic'],
      message: `The keys of ${topic.name} look like the format ${topic.keyFormat}, and this writes the format ${format}. Whoever reads the topic could not tell them apart. Write another topic, or give ${context.inputName('in')} keys of that format.`,
    });
  }
  if (settings.partitions !== topic.partitions) {
    context.report({
      code: 'partitions',
      severity: 'note',
      path: ['partitions'],
      message: `${topic.name} is there already, and its count of partitions stays ${topic.partitions}: this number is not used.`,
      fix: { title: `Use ${topic.partitions}`, value: topic.partitions },
    });
  }
}
