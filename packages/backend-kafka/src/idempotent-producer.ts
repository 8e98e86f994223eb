import { LogError, type TopicPartition } from '@millrace/engine';
import { apiKeys } from './codec/api-keys.ts';
import { type KafkaBatch, stampBatch } from './codec/records/batch-encoder.ts';
import { decodeProduce, encodeProduce, produceVersion } from './codec/requests/produce.ts';
import {
  decodeInitProducerId,
  encodeInitProducerId,
  initProducerIdVersion,
  type ProducerIdentity,
} from './codec/requests/transactions.ts';
import { assertNoError } from './kafka-error.ts';
import type { Leaders } from './leaders.ts';
import { withRetries } from './retries.ts';
import { nextSequence } from './transactional-producer.ts';
import type { RpcTransport } from './transport/rpc-transport.ts';

const initialiseMs = 30_000;
const produceMs = 60_000;
const produceTimeoutMs = 30_000;

/** Writes single batches without a transaction, each exactly once however often the request has to be sent. One at a time. */
export class IdempotentProducer {
  readonly #transport: RpcTransport;
  readonly #leaders: Leaders;
  #identity: ProducerIdentity | null = null;
  readonly #sequences = new Map<string, number>();

  constructor(transport: RpcTransport, leaders: Leaders) {
    this.#transport = transport;
    this.#leaders = leaders;
  }

  /** Gives the offset of the first record. @throws LogError `unknown-outcome` when nobody can say whether it was written */
  async write({ topic, partition }: TopicPartition, batch: KafkaBatch): Promise<number> {
    const identity = this.#identity ?? (await this.#initialise());
    const name = `${topic}-${partition}`;
    const sequence = this.#sequences.get(name) ?? 0;
    stampBatch(batch.bytes, { ...identity, isTransactional: false }, sequence);
    try {
      const [outcome] = await this.#leaders.send(
        [{ topic, partition, bytes: batch.bytes }],
        'write to',
        async (node, ofNode) =>
          decodeProduce(
            await this.#transport.call(
              node,
              apiKeys.produce,
              produceVersion,
              encodeProduce(null, ofNode, produceTimeoutMs),
              { timeoutMs: produceTimeoutMs + 5000 },
            ),
          ),
        produceMs,
      );
      this.#sequences.set(name, nextSequence(sequence, batch.count));
      return outcome?.baseOffset ?? -1;
    } catch (error) {
      // Whether the sequence was used is not known: begin anew under another identity.
      this.#identity = null;
      if (!(error instanceof LogError) || !error.retriable) throw error;
      throw new LogError(
        'unknown-outcome',
        `The brokers did not say whether the records for ${name} were written. Read them back before you write them again. ${error.message}`,
        { cause: error },
      );
    }
  }

  async #initialise(): Promise<ProducerIdentity> {
    const body = encodeInitProducerId(null, 0, null);
    const { id, epoch } = await withRetries(
      async () => {
        const { brokers } = await this.#transport.metadata([]);
        const node = brokers[Math.floor(Math.random() * brokers.length)]?.node ?? -1;
        const answer = decodeInitProducerId(
          await this.#transport.call(node, apiKeys.initProducerId, initProducerIdVersion, body),
        );
        assertNoError(answer.error, `start writing at ${this.#transport.address(node)}`);
        return answer;
      },
      { forMs: initialiseMs, between: async () => void (await this.#transport.metadata([], true).catch(() => null)) },
    );
    this.#sequences.clear();
    this.#identity = { id, epoch };
    return this.#identity;
  }
}
