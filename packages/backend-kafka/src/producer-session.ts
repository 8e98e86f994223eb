import type { TopicPartition } from '@millrace/engine';
import { apiKeys } from './codec/api-keys.ts';
import { type KafkaBatch, stampBatch } from './codec/records/batch-encoder.ts';
import { decodeProduce, encodeProduce, produceVersion } from './codec/requests/produce.ts';
import type { ProducerIdentity } from './codec/requests/transactions.ts';
import type { Leaders } from './leaders.ts';
import type { RpcTransport } from './transport/rpc-transport.ts';

/** Records for one partition, in order. */
export interface PartitionBatches extends TopicPartition {
  readonly batches: readonly KafkaBatch[];
}

const produceTimeoutMs = 30_000;
const maxSequence = 0x7fff_ffff;

/**
 * What a producer sends under one identity: the records of each partition are numbered from 0, so that brokers take each once however often
 * it has to be sent. After a failure nobody knows which numbers were used: begin another session.
 */
export class ProducerSession {
  readonly identity: ProducerIdentity;
  readonly #transactionalId: string | null;
  readonly #transport: RpcTransport;
  readonly #leaders: Leaders;
  /** The number of the next record, by partition. */
  readonly #sequences = new Map<string, number>();

  /** @param transactionalId null for records that belong to no transaction */
  constructor(
    identity: ProducerIdentity,
    transactionalId: string | null,
    { transport, leaders }: { readonly transport: RpcTransport; readonly leaders: Leaders },
  ) {
    this.identity = identity;
    this.#transactionalId = transactionalId;
    this.#transport = transport;
    this.#leaders = leaders;
  }

  /**
   * Sends the first batch of each partition, then the second, and so on: a request takes one batch a partition. All in-sync replicas have
   * them when this settles. Gives the offset of each partition's first record.
   */
  async produce(partitions: readonly PartitionBatches[], forMs: number): Promise<readonly number[]> {
    const bases: number[] = partitions.map(() => -1);
    const rounds = Math.max(0, ...partitions.map(({ batches }) => batches.length));
    for (let round = 0; round < rounds; round++) {
      const sent = partitions.flatMap(({ topic, partition, batches }, index) => {
        const batch = batches[round];
        if (batch === undefined) return [];
        this.#stamp({ topic, partition }, batch);
        return [{ topic, partition, bytes: batch.bytes, index }];
      });
      const outcomes = await this.#leaders.send(
        sent,
        { words: 'write to', takes: 'WRITE' },
        async (node, ofNode) =>
          decodeProduce(
            await this.#transport.call(
              node,
              apiKeys.produce,
              produceVersion,
              encodeProduce(this.#transactionalId, ofNode, produceTimeoutMs),
              { timeoutMs: produceTimeoutMs + 5000 },
            ),
          ),
        forMs,
      );
      sent.forEach(({ index }, at) => {
        if (round === 0) bases[index] = outcomes[at]?.baseOffset ?? -1;
      });
    }
    return bases;
  }

  #stamp({ topic, partition }: TopicPartition, batch: KafkaBatch): void {
    const name = `${topic}-${partition}`;
    const sequence = this.#sequences.get(name) ?? 0;
    stampBatch(batch.bytes, { ...this.identity, isTransactional: this.#transactionalId !== null }, sequence);
    this.#sequences.set(name, nextSequence(sequence, batch.count));
  }
}

function nextSequence(sequence: number, count: number): number {
  return sequence > maxSequence - count ? count - (maxSequence - sequence) - 1 : sequence + count;
}
