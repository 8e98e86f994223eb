import type { ValueType } from '@millrace/expression';
import type { KeyFormat } from '../log/key-format.ts';

/** What is known of a topic while a pipeline is drawn: from the log's description and a sample of its newest records. */
export interface CatalogueTopic {
  readonly name: string;
  readonly partitions: number;
  /** A guess from the sample: the format that all sampled keys fit. */
  readonly keyFormat: KeyFormat;
  readonly key: ValueType;
  /** `unknown` while the topic is empty. */
  readonly value: ValueType;
  /** How many records the types rest on. */
  readonly sampled: number;
  /** The newest records of the sample, newest first, decoded; for the fields' latest values on the screen. */
  readonly latest: readonly CatalogueRecord[];
}

export interface CatalogueRecord {
  readonly key: unknown;
  readonly value: unknown;
  /** Epoch milliseconds. */
  readonly timestamp: number;
  readonly partition: number;
  readonly offset: number;
  /** Headers as text, the last of equal names; absent where the record has none. Those of a dead letter say why it failed. */
  readonly headers?: { readonly [name: string]: string } | undefined;
}

export interface TopicCatalogue {
  topic(name: string): CatalogueTopic | undefined;
  names(): readonly string[];
}

export function topicCatalogue(topics: readonly CatalogueTopic[]): TopicCatalogue {
  const byName = new Map(topics.map((topic) => [topic.name, topic]));
  return { topic: (name) => byName.get(name), names: () => [...byName.keys()] };
}
