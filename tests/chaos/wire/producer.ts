import { Reader, Writer } from './bytes.ts';
import { api, BrokerError, type Cluster } from './cluster.ts';
import { encodeBatch, type ProducerIdentity } from './record-batch.ts';

export interface Sent {
  readonly key: string;
  readonly value: string;
  readonly timestamp: number;
}

/** Writes each record once, whatever happens to answers: the broker knows a batch again by its sequence. One batch at a time. */
export class Producer {
  readonly #cluster: Cluster;
  readonly #transactionalId: string | null;
  readonly identity: ProducerIdentity;
  readonly #sequences = new Map<string, number>();
  readonly #inTransaction = new Set<string>();

  private constructor(cluster: Cluster, transactionalId: string | null, identity: ProducerIdentity) {
    this.#cluster = cluster;
    this.#transactionalId = transactionalId;
    this.identity = identity;
  }

  static async open(cluster: Cluster, transactionalId: string | null = null): Promise<Producer> {
    const identity = await cluster.toCoordinator(1, transactionalId ?? 'any', async (connection) => {
      const body = new Writer().string(transactionalId).int32(60_000).end();
      const answer = new Reader(await connection.request(api.initProducerId, 0, body));
      answer.int32();
      const code = answer.int16();
      if (code !== 0) throw new BrokerError(code, 'a producer id');
      return { id: answer.int64(), epoch: answer.int16(), isTransactional: transactionalId !== null };
    });
    return new Producer(cluster, transactionalId, identity);
  }

  async send(topic: string, partition: number, records: readonly Sent[]): Promise<void> {
    const place = `${topic}-${partition}`;
    if (this.#transactionalId !== null && !this.#inTransaction.has(place))
      await this.#addToTransaction(topic, partition);
    this.#inTransaction.add(place);
    const sequence = this.#sequences.get(place) ?? 0;
    const batch = encodeBatch(records, this.identity, sequence);
    await this.#cluster.toLeader(topic, partition, async (connection) => {
      const body = new Writer().string(this.#transactionalId).int16(-1).int32(10_000);
      body.int32(1).string(topic).int32(1).int32(partition).bytes(batch);
      const answer = new Reader(await connection.request(api.produce, 3, body.end()));
      answer.int32();
      answer.string();
      answer.int32();
      answer.int32();
      const code = answer.int16();
      const writtenBefore = 46;
      if (code !== 0 && code !== writtenBefore) throw new BrokerError(code, `writing to ${place}`);
    });
    this.#sequences.set(place, sequence + records.length);
  }

  /** Commits or aborts what was sent since the last end. */
  async end(outcome: 'commit' | 'abort'): Promise<void> {
    const id = this.#transactionalId;
    if (id === null) throw new Error('This producer has no transactions.');
    await this.#cluster.toCoordinator(1, id, async (connection) => {
      const body = new Writer().string(id).int64(this.identity.id).int16(this.identity.epoch);
      body.int8(outcome === 'commit' ? 1 : 0);
      const answer = new Reader(await connection.request(api.endTxn, 0, body.end()));
      answer.int32();
      const code = answer.int16();
      if (code !== 0) throw new BrokerError(code, `to ${outcome}`);
    });
    this.#inTransaction.clear();
  }

  async #addToTransaction(topic: string, partition: number): Promise<void> {
    const id = this.#transactionalId as string;
    await this.#cluster.toCoordinator(1, id, async (connection) => {
      const body = new Writer().string(id).int64(this.identity.id).int16(this.identity.epoch);
      body.int32(1).string(topic).int32(1).int32(partition);
      const answer = new Reader(await connection.request(api.addPartitionsToTxn, 0, body.end()));
      answer.int32();
      answer.int32();
      answer.string();
      answer.int32();
      answer.int32();
      const code = answer.int16();
      if (code !== 0) throw new BrokerError(code, `adding ${topic}-${partition} to a transaction`);
    });
  }
}
