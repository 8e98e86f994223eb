import { type CatalogueTopic, type Log, LogError, type LogErrorCode, type TopicDescription } from '@millrace/engine';
import { inferValueType, unionOf, type ValueType } from '@millrace/expression';
import { sideBySide } from './side-by-side.ts';
import { sampleTopic, type TopicSample } from './topic-sample.ts';

const sampleRecords = 200;
const latestRecords = 20;
const refreshMs = 2_000;
/** Topics that are looked into at the same time: each takes an answer of a broker, which may be far away. */
const samplesAtOnce = 16;
const stringType: ValueType = { kind: 'string' };
const unknownType: ValueType = { kind: 'unknown' };

/** What may be wrong with a single topic: it went away or was emptied just now, or must not or cannot be read. Others are not concerned. */
const ofOneTopic: ReadonlySet<LogErrorCode> = new Set([
  'unknown-topic',
  'unknown-partition',
  'offset-out-of-range',
  'not-authorised',
  'unsupported',
  'corrupt',
]);

interface Known {
  readonly topic: CatalogueTopic;
  /** Where the partitions ended when the sample was taken. */
  readonly ends: string;
}

/**
 * What pipelines may be told of topics: the types of keys and values, inferred from the newest records. Kept, and looked at again at
 * most every two seconds and only where records were appended.
 */
export class Catalogue {
  readonly #log: Log;
  readonly #nowMs: () => number;
  #known: ReadonlyMap<string, Known> = new Map();
  #refreshing: Promise<void> | null = null;
  #refreshedAtMs = Number.NEGATIVE_INFINITY;

  constructor(log: Log, nowMs: () => number) {
    this.#log = log;
    this.#nowMs = nowMs;
  }

  /** All topics that pipelines share, by name. */
  async topics(): Promise<readonly CatalogueTopic[]> {
    if (this.#nowMs() - this.#refreshedAtMs >= refreshMs) {
      this.#refreshing ??= this.#refresh().finally(() => {
        this.#refreshing = null;
      });
      await this.#refreshing;
    }
    return [...this.#known.values()].map(({ topic }) => topic);
  }

  async #refresh(): Promise<void> {
    const atMs = this.#nowMs();
    const known = new Map<string, Known>();
    const topics = (await this.#log.topics()).filter(({ role }) => role === 'external');
    const looks = await sideBySide(topics, samplesAtOnce, (description) => this.#look(description));
    for (const look of looks) known.set(look.topic.name, look);
    this.#known = known;
    this.#refreshedAtMs = atMs;
  }

  async #look(description: TopicDescription): Promise<Known> {
    const ends = description.endOffsets.join();
    const before = this.#known.get(description.name);
    if (before?.ends === ends && before.topic.partitions === description.partitions) return before;
    return { topic: await this.#inspect(description), ends };
  }

  async #sample(description: TopicDescription): Promise<TopicSample> {
    try {
      return await sampleTopic(this.#log, description, sampleRecords);
    } catch (error) {
      if (error instanceof LogError && ofOneTopic.has(error.code)) return nothingSampled;
      throw error;
    }
  }

  async #inspect(description: TopicDescription): Promise<CatalogueTopic> {
    const sample = await this.#sample(description);
    return {
      name: description.name,
      partitions: description.partitions,
      keyFormat: sample.keyFormat,
      key: keyType(sample),
      value: valueType(sample),
      sampled: sample.records.length,
      latest: sample.records.slice(0, latestRecords).map(({ isJson, ...record }) => record),
    };
  }
}

const nothingSampled: TopicSample = { keyFormat: 'string', records: [] };

function keyType({ keyFormat, records }: TopicSample): ValueType {
  const keys = records.filter(({ key }) => key !== null);
  if (keys.length === 0) return keyFormat === 'string' ? stringType : unknownType;
  return unionOf(...keys.map(({ key }) => inferValueType(key)));
}

/** Tombstones say nothing of values, and neither do records that are not JSON: those become dead letters. */
function valueType({ records }: TopicSample): ValueType {
  const values = records.filter(({ value, isJson }) => isJson && value !== null);
  return values.length === 0 ? unknownType : unionOf(...values.map(({ value }) => inferValueType(value)));
}
