import { LogError } from '@millrace/engine';
import { apiKeys } from './codec/api-keys.ts';
import { decodeInitProducerId, encodeInitProducerId, initProducerIdVersion } from './codec/requests/transactions.ts';
import { assertNoError, type NeededRight } from './kafka-error.ts';
import type { Leaders } from './leaders.ts';
import { type PartitionBatches, ProducerSession } from './producer-session.ts';
import { withRetries } from './retries.ts';
import type { RpcTransport } from './transport/rpc-transport.ts';

const initialiseMs = 30_000;
const produceMs = 60_000;
/** Asked for before it is known what will be written; the right to write some topic serves. */
const anyWrite: NeededRight = { operation: 'WRITE', on: 'the topics that it is to write' };

/** Writes batches without a transaction, each exactly once however often the request has to be sent. One call at a time. */
export class IdempotentProducer {
  readonly #transport: RpcTransport;
  readonly #leaders: Leaders;
  #session: ProducerSession | null = null;

  constructor(transport: RpcTransport, leaders: Leaders) {
    this.#transport = transport;
    this.#leaders = leaders;
  }

  /**
   * Gives the offset of each partition's first record. After a failure some may be written and others not.
   * @throws LogError `unknown-outcome` when nobody can say whether they were written
   */
  async write(partitions: readonly PartitionBatches[]): Promise<readonly number[]> {
    if (partitions.length === 0) return [];
    const session = this.#session ?? (await this.#begin());
    try {
      return await session.produce(partitions, produceMs);
    } catch (error) {
      this.#session = null;
      if (!(error instanceof LogError) || !error.retriable) throw error;
      const names = partitions.map(({ topic, partition }) => `${topic}-${partition}`).join(', ');
      throw new LogError(
        'unknown-outcome',
        `The brokers did not say whether the records for ${names} were written. Read them back before you write them again. ${error.message}`,
        { cause: error },
      );
    }
  }

  async #begin(): Promise<ProducerSession> {
    const body = encodeInitProducerId(null, 0, null);
    const { id, epoch } = await withRetries(
      async () => {
        const { brokers } = await this.#transport.metadata([]);
        const node = brokers[Math.floor(Math.random() * brokers.length)]?.node ?? -1;
        const answer = decodeInitProducerId(
          await this.#transport.call(node, apiKeys.initProducerId, initProducerIdVersion, body),
        );
        assertNoError(answer.error, `start writing at ${this.#transport.address(node)}`, null, anyWrite);
        return answer;
      },
      { forMs: initialiseMs, between: async () => void (await this.#transport.metadata([], true).catch(() => null)) },
    );
    this.#session = new ProducerSession({ id, epoch }, null, { transport: this.#transport, leaders: this.#leaders });
    return this.#session;
  }
}
