import { apiKeys } from './codec/api-keys.ts';
import {
  decodeDescribeConfigs,
  describeConfigsVersion,
  encodeDescribeTopicConfigs,
} from './codec/requests/describe-configs.ts';
import { withRetries } from './retries.ts';
import type { RpcTransport } from './transport/rpc-transport.ts';

const bytesName = 'max.message.bytes';
const beforeName = 'message.timestamp.before.max.ms';
const afterName = 'message.timestamp.after.max.ms';
/** Topics that stamp records themselves take every timestamp. */
const stampName = 'message.timestamp.type';
/** What brokers allow by default; where they do not tell, that is believed. */
const usual: TopicLimit = {
  batchBytes: 1_048_588,
  beforeMaxMs: Number.POSITIVE_INFINITY,
  afterMaxMs: Number.POSITIVE_INFINITY,
};
/** Longer than any history: Kafka writes "without limit" as the greatest 64-bit integer. */
const endlessMs = 1e15;
const askMs = 30_000;
/** Whoever raises a limit waits no longer until it counts. */
const believedMs = 60_000;

/** What a topic takes: batches of so many bytes, and timestamps so far before and after the brokers' clock. */
export interface TopicLimit {
  readonly batchBytes: number;
  readonly beforeMaxMs: number;
  readonly afterMaxMs: number;
}

interface Known {
  readonly limit: TopicLimit;
  readonly readMs: number;
}

/** What each topic takes, as last asked. */
export class TopicLimits {
  readonly #transport: RpcTransport;
  readonly #known = new Map<string, Known>();

  constructor(transport: RpcTransport) {
    this.#transport = transport;
  }

  /** By topic. Where this user may not look, or there is no such topic, it is what Kafka has by default. */
  async of(topics: readonly string[]): Promise<ReadonlyMap<string, TopicLimit>> {
    const nowMs = performance.now();
    const stale = [...new Set(topics)].filter(
      (topic) => nowMs - (this.#known.get(topic)?.readMs ?? Number.NEGATIVE_INFINITY) > believedMs,
    );
    if (stale.length > 0) await this.#read(stale, nowMs);
    return new Map(topics.map((topic) => [topic, this.#known.get(topic)?.limit ?? usual]));
  }

  /** A topic refused what was within its limit: it is asked again. */
  forget(): void {
    this.#known.clear();
  }

  async #read(topics: readonly string[], readMs: number): Promise<void> {
    const body = encodeDescribeTopicConfigs(topics, [bytesName, beforeName, afterName, stampName]);
    const found = await withRetries(
      async () => {
        const { controller } = await this.#transport.metadata([]);
        return decodeDescribeConfigs(
          await this.#transport.call(controller, apiKeys.describeConfigs, describeConfigsVersion, body),
        );
      },
      { forMs: askMs, between: async () => void (await this.#transport.metadata([], true).catch(() => null)) },
    );
    for (const { topic, error, configs } of found) {
      this.#known.set(topic, { limit: error === 0 ? limitOf(configs) : usual, readMs });
    }
  }
}

function limitOf(configs: ReadonlyMap<string, string | null>): TopicLimit {
  const bytes = Number(configs.get(bytesName));
  const batchBytes = Number.isInteger(bytes) && bytes > 0 ? bytes : usual.batchBytes;
  if (configs.get(stampName) === 'LogAppendTime') return { ...usual, batchBytes };
  return { batchBytes, beforeMaxMs: spanMs(configs.get(beforeName)), afterMaxMs: spanMs(configs.get(afterName)) };
}

function spanMs(text: string | null | undefined): number {
  const ms = Number(text ?? Number.NaN);
  return Number.isFinite(ms) && ms >= 0 && ms < endlessMs ? ms : Number.POSITIVE_INFINITY;
}
