import { type Append, bytesToByteString, encodeBatch, type TopicCleanup, type TopicRole } from '@millrace/engine';
import type { Fetcher } from './fetcher.ts';

/** The compacted topic that says of our topics what Kafka has no place for. */
export const registryTopic = 'millrace-topics';

/** What Kafka does not know of a topic. */
export interface RegisteredTopic {
  readonly role: TopicRole;
  readonly owner: string | null;
  readonly cleanup: TopicCleanup;
}

const maxBytesPerRead = 1024 * 1024;
const undecidedWaitMs = 500;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Role, owner and clean-up of the topics that Millrace created, as last read. Topics that are not in it belong to others. */
export class TopicRegistry {
  readonly #fetcher: Fetcher;
  readonly #topics = new Map<string, RegisteredTopic>();
  #offset = 0;

  constructor(fetcher: Fetcher) {
    this.#fetcher = fetcher;
  }

  get(name: string): RegisteredTopic | undefined {
    return this.#topics.get(name);
  }

  /** Reads what was added since. */
  async refresh(): Promise<void> {
    let end: number | null = null;
    while (end === null || this.#offset < end) {
      const [result] = await this.#fetcher.read([{ topic: registryTopic, partition: 0, offset: this.#offset }], {
        maxBytesPerPartition: maxBytesPerRead,
        maxWaitMs: end === null ? 0 : undecidedWaitMs,
      });
      if (result === undefined) return;
      for (const batch of result.batches) {
        for (let index = 0; index < batch.count; index++) {
          if (batch.offset(index) >= this.#offset) this.#apply(batch.key(index), batch.value(index));
        }
      }
      this.#offset = Math.max(this.#offset, result.nextOffset);
      end ??= result.undecidedEndOffset;
    }
  }

  /** The topic was made anew: nothing that was known counts. */
  forget(): void {
    this.#topics.clear();
    this.#offset = 0;
  }

  /** The records that say so of the topics; null takes a topic out. */
  static entries(topics: readonly (readonly [name: string, topic: RegisteredTopic | null])[], nowMs: number): Append {
    const batch = encodeBatch(
      topics.map(([name, topic]) => ({
        key: bytesToByteString(encoder.encode(name)),
        value: topic === null ? null : JSON.stringify(topic),
        timestamp: nowMs,
      })),
    );
    return { topic: registryTopic, partition: 0, batch };
  }

  #apply(key: Uint8Array | null, value: Uint8Array | null): void {
    if (key === null) return;
    const name = decoder.decode(key);
    const topic = value === null ? null : readEntry(decoder.decode(value));
    if (topic === null) this.#topics.delete(name);
    else this.#topics.set(name, topic);
  }
}

/** null for what another version wrote, or somebody else. */
function readEntry(text: string): RegisteredTopic | null {
  try {
    const { role, owner, cleanup } = JSON.parse(text) as Partial<RegisteredTopic>;
    if (typeof role !== 'string' || typeof cleanup?.policy !== 'string') return null;
    return { role, owner: owner ?? null, cleanup };
  } catch {
    return null;
  }
}
