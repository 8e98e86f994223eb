import { apiKeys } from './codec/api-keys.ts';
import {
  decodeDescribeConfigs,
  describeConfigsVersion,
  encodeDescribeTopicConfigs,
} from './codec/requests/describe-configs.ts';
import { withRetries } from './retries.ts';
import type { RpcTransport } from './transport/rpc-transport.ts';

const configName = 'max.message.bytes';
/** What brokers allow by default; where they do not tell, that is believed. */
const usualBytes = 1_048_588;
const askMs = 30_000;
/** Whoever raises a limit waits no longer until it counts. */
const believedMs = 60_000;

interface Limit {
  readonly bytes: number;
  readonly readMs: number;
}

/** How large a batch of records each topic takes (max.message.bytes), as last asked. */
export class TopicLimits {
  readonly #transport: RpcTransport;
  readonly #known = new Map<string, Limit>();

  constructor(transport: RpcTransport) {
    this.#transport = transport;
  }

  /** By topic. Where this user may not look, or there is no such topic, it is what Kafka has by default. */
  async of(topics: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const nowMs = performance.now();
    const stale = [...new Set(topics)].filter(
      (topic) => nowMs - (this.#known.get(topic)?.readMs ?? Number.NEGATIVE_INFINITY) > believedMs,
    );
    if (stale.length > 0) await this.#read(stale, nowMs);
    return new Map(topics.map((topic) => [topic, this.#known.get(topic)?.bytes ?? usualBytes]));
  }

  /** A topic refused what was within its limit: it is asked again. */
  forget(): void {
    this.#known.clear();
  }

  async #read(topics: readonly string[], readMs: number): Promise<void> {
    const body = encodeDescribeTopicConfigs(topics, [configName]);
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
      const bytes = Number(configs.get(configName));
      const isTold = error === 0 && Number.isInteger(bytes) && bytes > 0;
      this.#known.set(topic, { bytes: isTold ? bytes : usualBytes, readMs });
    }
  }
}
