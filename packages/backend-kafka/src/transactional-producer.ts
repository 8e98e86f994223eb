import { LogError, type SourcePosition, type TopicPartition } from '@millrace/engine';
import { apiKeys } from './codec/api-keys.ts';
import { type KafkaBatch, stampBatch } from './codec/records/batch-encoder.ts';
import { decodeProduce, encodeProduce, produceVersion } from './codec/requests/produce.ts';
import {
  addOffsetsToTxnVersion,
  addPartitionsToTxnVersion,
  decodeAddPartitionsToTxn,
  decodeInitProducerId,
  decodeTxnError,
  decodeTxnOffsetCommit,
  encodeAddOffsetsToTxn,
  encodeAddPartitionsToTxn,
  encodeEndTxn,
  encodeInitProducerId,
  encodeTxnOffsetCommit,
  endTxnVersion,
  initProducerIdVersion,
  type ProducerIdentity,
  txnOffsetCommitVersion,
} from './codec/requests/transactions.ts';
import type { GroupIdentity } from './group/group-identity.ts';
import { errorCodes, KafkaError } from './kafka-error.ts';
import type { Leaders } from './leaders.ts';
import { asLogError, withRetries } from './retries.ts';
import type { CoordinatorKind, RpcTransport } from './transport/rpc-transport.ts';

/** Records for one partition, in order. */
export interface PartitionBatches extends TopicPartition {
  readonly batches: readonly KafkaBatch[];
}

export interface TransactionWork {
  readonly partitions: readonly PartitionBatches[];
  /** Positions to commit with the records, once it is known at which offsets these lie. */
  readonly offsets: TransactionOffsets | null;
}

export interface TransactionOffsets {
  readonly group: string;
  readonly member: GroupIdentity;
  /** `baseOffset` tells of each partition of the work where its first record went. */
  positions(baseOffset: (at: TopicPartition) => number): readonly SourcePosition[];
}

/**
 * Longer than this and the brokers abort a transaction by themselves. A worker that died in the middle of one holds up whoever reads what it
 * wrote for that long; a commit takes milliseconds. As in Kafka Streams.
 */
const transactionTimeoutMs = 10_000;
/** How long a step of a transaction is tried; less than its time-out, so that we know first. */
const stepMs = 30_000;
/** How long the end of a transaction is tried, before its outcome counts as unknown. */
const endMs = 45_000;
const produceTimeoutMs = 30_000;
/** The transaction before is mostly finished by then. */
const firstPauseMs = 3;

const maxSequence = 0x7fff_ffff;

/**
 * Transactions under one transactional id, one at a time. After a failure the producer takes its identity anew before anything else: that
 * raises its epoch, ends what was open, and shuts out whatever of the failed transaction is still on its way.
 */
export class TransactionalProducer {
  readonly #transactionalId: string;
  readonly #transport: RpcTransport;
  readonly #leaders: Leaders;
  #identity: ProducerIdentity | null = null;
  /** The sequence of the next record, by partition; they begin anew with each identity. */
  readonly #sequences = new Map<string, number>();

  constructor(transactionalId: string, transport: RpcTransport, leaders: Leaders) {
    this.#transactionalId = transactionalId;
    this.#transport = transport;
    this.#leaders = leaders;
  }

  /**
   * Runs a transaction to its end; gives the offset of each partition's first record, in the order given.
   * @throws LogError `unknown-outcome` when nobody can say whether it was committed; with any other code nothing of it is visible, ever
   */
  async run({ partitions, offsets }: TransactionWork): Promise<readonly number[]> {
    const identity = this.#identity ?? (await this.#initialise());
    let bases: readonly number[];
    try {
      await this.#addPartitions(identity, partitions);
      bases = await both(this.#produce(identity, partitions), this.#addOffsets(identity, offsets));
      if (offsets !== null) await this.#commitOffsets(identity, offsets, partitions, bases);
    } catch (error) {
      await this.#abandon();
      throw asLogError(error);
    }
    await this.#end(identity);
    return bases;
  }

  async #initialise(): Promise<ProducerIdentity> {
    const body = encodeInitProducerId(this.#transactionalId, transactionTimeoutMs, null);
    const identity = await this.#coordinated('transaction', this.#transactionalId, stepMs, async (node) => {
      const answer = decodeInitProducerId(
        await this.#transport.call(node, apiKeys.initProducerId, initProducerIdVersion, body),
      );
      this.#check(answer.error, `start transactions as ${this.#transactionalId}`, node);
      return answer;
    });
    this.#sequences.clear();
    this.#identity = { id: identity.id, epoch: identity.epoch };
    return this.#identity;
  }

  /** Ends what is open, as soon as possible, since readers wait for it. What goes wrong is found out by the next transaction. */
  async #abandon(): Promise<void> {
    this.#identity = null;
    await this.#initialise().catch(ignore);
  }

  async #addPartitions(identity: ProducerIdentity, partitions: readonly TopicPartition[]): Promise<void> {
    if (partitions.length === 0) return;
    const body = encodeAddPartitionsToTxn(this.#transactionalId, identity, partitions);
    await this.#coordinated('transaction', this.#transactionalId, stepMs, async (node) => {
      const outcomes = decodeAddPartitionsToTxn(
        await this.#transport.call(node, apiKeys.addPartitionsToTxn, addPartitionsToTxnVersion, body),
      );
      for (const error of worstFirst(outcomes)) {
        this.#check(error.error, `write to ${error.topic}-${error.partition} in a transaction`, node);
      }
    });
  }

  /** Sends the first batch of each partition, then the second, and so on: a request takes one batch a partition. */
  async #produce(identity: ProducerIdentity, partitions: readonly PartitionBatches[]): Promise<readonly number[]> {
    const producer = { ...identity, isTransactional: true };
    const bases: number[] = partitions.map(() => -1);
    const rounds = Math.max(0, ...partitions.map(({ batches }) => batches.length));
    for (let round = 0; round < rounds; round++) {
      const sent = partitions.flatMap(({ topic, partition, batches }, index) => {
        const batch = batches[round];
        if (batch === undefined) return [];
        const name = `${topic}-${partition}`;
        const sequence = this.#sequences.get(name) ?? 0;
        stampBatch(batch.bytes, producer, sequence);
        this.#sequences.set(name, nextSequence(sequence, batch.count));
        return [{ topic, partition, bytes: batch.bytes, index }];
      });
      const outcomes = await this.#leaders.send(
        sent,
        'write to',
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
        stepMs,
      );
      sent.forEach(({ index }, at) => {
        if (round === 0) bases[index] = outcomes[at]?.baseOffset ?? -1;
      });
    }
    return bases;
  }

  async #addOffsets(identity: ProducerIdentity, offsets: TransactionOffsets | null): Promise<void> {
    if (offsets === null) return;
    const body = encodeAddOffsetsToTxn(this.#transactionalId, identity, offsets.group);
    await this.#coordinated('transaction', this.#transactionalId, stepMs, async (node) => {
      const error = decodeTxnError(
        await this.#transport.call(node, apiKeys.addOffsetsToTxn, addOffsetsToTxnVersion, body),
      );
      this.#check(error, `commit positions of ${offsets.group} in a transaction`, node);
    });
  }

  async #commitOffsets(
    identity: ProducerIdentity,
    { group, member, positions }: TransactionOffsets,
    partitions: readonly PartitionBatches[],
    bases: readonly number[],
  ): Promise<void> {
    const committed = positions((at) => {
      const index = partitions.findIndex(({ topic, partition }) => topic === at.topic && partition === at.partition);
      return bases[index] ?? -1;
    });
    const body = encodeTxnOffsetCommit(this.#transactionalId, group, identity, member, committed);
    await this.#coordinated('group', group, stepMs, async (node) => {
      const outcomes = decodeTxnOffsetCommit(
        await this.#transport.call(node, apiKeys.txnOffsetCommit, txnOffsetCommitVersion, body),
      );
      for (const { topic, partition, error } of worstFirst(outcomes)) {
        this.#check(error, `commit the position of ${group} in ${topic}-${partition}`, node);
      }
    });
  }

  /** Tries until the coordinator says what became of it. To ask again is safe: nothing else happens under this epoch meanwhile. */
  async #end(identity: ProducerIdentity): Promise<void> {
    const body = encodeEndTxn(this.#transactionalId, identity, true);
    try {
      await this.#coordinated('transaction', this.#transactionalId, endMs, async (node) => {
        const error = decodeTxnError(await this.#transport.call(node, apiKeys.endTxn, endTxnVersion, body));
        this.#check(error, `commit the transaction ${this.#transactionalId}`, node);
      });
    } catch (error) {
      this.#identity = null;
      if (error instanceof LogError && error.code === 'fenced') throw error;
      throw new LogError(
        'unknown-outcome',
        `The brokers did not say whether the transaction ${this.#transactionalId} was committed. What is committed has to be read back.`,
        { cause: error },
      );
    }
  }

  /** Calls the coordinator, and again when it has moved, is busy, or was not reached. */
  async #coordinated<T>(
    kind: CoordinatorKind,
    key: string,
    forMs: number,
    call: (node: number) => Promise<T>,
  ): Promise<T> {
    return withRetries(async () => call(await this.#transport.coordinator(kind, key)), {
      forMs,
      firstPauseMs,
      between: (error) => {
        if (error instanceof KafkaError && error.code === errorCodes.concurrentTransactions) return;
        this.#transport.forgetCoordinator(kind, key);
      },
    });
  }

  #check(error: number, action: string, node: number): void {
    if (error !== errorCodes.none) throw new KafkaError(error, `${action} at ${this.#transport.address(node)}`);
  }
}

export function nextSequence(sequence: number, count: number): number {
  return sequence > maxSequence - count ? count - (maxSequence - sequence) - 1 : sequence + count;
}

/** Errors that end the matter before those that only say that another did, or that a retry may help. */
function worstFirst<Outcome extends { readonly error: number }>(outcomes: readonly Outcome[]): readonly Outcome[] {
  const weight = ({ error }: Outcome): number => {
    if (error === errorCodes.none) return 3;
    const { kind, errorName } = new KafkaError(error, '');
    if (errorName === 'OPERATION_NOT_ATTEMPTED') return 2;
    return kind === 'retriable' ? 1 : 0;
  };
  return [...outcomes].sort((left, right) => weight(left) - weight(right));
}

/** The first, when both have settled: nothing goes on behind the back of what follows a failure. */
async function both<T>(first: Promise<T>, second: Promise<void>): Promise<T> {
  await Promise.allSettled([first, second]);
  await second;
  return first;
}

function ignore(): void {
  // The next transaction finds out.
}
