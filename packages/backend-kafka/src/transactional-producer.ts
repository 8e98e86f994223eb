import { LogError, type SourcePosition, type TopicPartition } from '@millrace/engine';
import { apiKeys } from './codec/api-keys.ts';
import {
  addOffsetsToTxnVersion,
  addPartitionsToTxnVersion,
  decodeInitProducerId,
  decodePartitionOutcomes,
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
import { callCoordinator, worstFirst } from './coordinator-call.ts';
import type { GroupIdentity } from './group/group-identity.ts';
import { errorCodes, errorFacts, KafkaError, type NeededRight } from './kafka-error.ts';
import type { Leaders } from './leaders.ts';
import { type PartitionBatches, ProducerSession } from './producer-session.ts';
import { asLogError } from './retries.ts';
import type { CoordinatorKind, RpcTransport } from './transport/rpc-transport.ts';

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

/**
 * Transactions under one transactional id, one at a time. After a failure the producer takes its identity anew before anything else: that
 * raises its epoch, ends what was open, and shuts out whatever of the failed transaction is still on its way.
 */
export class TransactionalProducer {
  readonly #transactionalId: string;
  readonly #transport: RpcTransport;
  readonly #leaders: Leaders;
  readonly #isExclusive: boolean;
  #session: ProducerSession | null = null;
  /** The identity that was taken last. */
  #last: ProducerIdentity | null = null;

  /**
   * @param isExclusive several processes have this id, of which the last one that took it over is right: the others are refused from then
   * on, and do not come back by themselves
   */
  constructor(transactionalId: string, transport: RpcTransport, leaders: Leaders, isExclusive = false) {
    this.#isExclusive = isExclusive;
    this.#transactionalId = transactionalId;
    this.#transport = transport;
    this.#leaders = leaders;
  }

  /**
   * Runs a transaction to its end; gives the offset of each partition's first record, in the order given.
   * @throws LogError `unknown-outcome` when nobody can say whether it was committed; with any other code nothing of it is visible, ever
   */
  async run({ partitions, offsets }: TransactionWork): Promise<readonly number[]> {
    const session = this.#session ?? (await this.#initialise());
    const { identity } = session;
    let bases: readonly number[];
    try {
      await this.#addPartitions(identity, partitions);
      bases = await both(session.produce(partitions, stepMs), this.#addOffsets(identity, offsets));
      if (offsets !== null) await this.#commitOffsets(identity, offsets, partitions, bases);
    } catch (error) {
      await this.#abandon();
      throw asLogError(error);
    }
    await this.#end(identity);
    return bases;
  }

  /** Shuts out whoever had the transactional id before, and ends what that had open. */
  async takeOver(): Promise<void> {
    this.#last = null;
    await this.#initialise();
  }

  async #initialise(): Promise<ProducerSession> {
    // With the identity before, brokers refuse whoever has been overtaken since.
    const before = this.#isExclusive ? this.#last : null;
    const body = encodeInitProducerId(this.#transactionalId, transactionTimeoutMs, before);
    const identity = await this.#coordinated('transaction', this.#transactionalId, stepMs, async (node) => {
      const answer = decodeInitProducerId(
        await this.#transport.call(node, apiKeys.initProducerId, initProducerIdVersion, body),
      );
      this.#check(answer.error, `start transactions as ${this.#transactionalId}`, node, this.#ownRight);
      return answer;
    });
    this.#last = { id: identity.id, epoch: identity.epoch };
    this.#session = new ProducerSession(this.#last, this.#transactionalId, {
      transport: this.#transport,
      leaders: this.#leaders,
    });
    return this.#session;
  }

  /** Ends what is open, as soon as possible, since readers wait for it. What goes wrong is found out by the next transaction. */
  async #abandon(): Promise<void> {
    this.#session = null;
    // Under the identity before, brokers do not end by themselves what is open.
    if (this.#isExclusive && this.#last !== null) await this.#abort(this.#last).catch(ignore);
    await this.#initialise().catch(ignore);
  }

  async #abort(identity: ProducerIdentity): Promise<void> {
    const body = encodeEndTxn(this.#transactionalId, identity, false);
    await this.#coordinated('transaction', this.#transactionalId, stepMs, async (node) => {
      const error = decodeTxnError(await this.#transport.call(node, apiKeys.endTxn, endTxnVersion, body));
      this.#check(error, `abort the transaction ${this.#transactionalId}`, node, this.#ownRight);
    });
  }

  async #addPartitions(identity: ProducerIdentity, partitions: readonly TopicPartition[]): Promise<void> {
    if (partitions.length === 0) return;
    const body = encodeAddPartitionsToTxn(this.#transactionalId, identity, partitions);
    await this.#coordinated('transaction', this.#transactionalId, stepMs, async (node) => {
      const outcomes = decodePartitionOutcomes(
        await this.#transport.call(node, apiKeys.addPartitionsToTxn, addPartitionsToTxnVersion, body),
      );
      for (const error of worstFirst(outcomes)) {
        const right =
          errorFacts(error.error).name === 'TOPIC_AUTHORIZATION_FAILED' ? writeTo(error.topic) : this.#ownRight;
        this.#check(error.error, `write to ${error.topic}-${error.partition} in a transaction`, node, right);
      }
    });
  }

  async #addOffsets(identity: ProducerIdentity, offsets: TransactionOffsets | null): Promise<void> {
    if (offsets === null) return;
    const body = encodeAddOffsetsToTxn(this.#transactionalId, identity, offsets.group);
    await this.#coordinated('transaction', this.#transactionalId, stepMs, async (node) => {
      const error = decodeTxnError(
        await this.#transport.call(node, apiKeys.addOffsetsToTxn, addOffsetsToTxnVersion, body),
      );
      const right =
        errorFacts(error).name === 'GROUP_AUTHORIZATION_FAILED' ? readOf(`the group ${offsets.group}`) : this.#ownRight;
      this.#check(error, `commit positions of ${offsets.group} in a transaction`, node, right);
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
        const { name } = errorFacts(error);
        const right =
          name === 'TOPIC_AUTHORIZATION_FAILED'
            ? readOf(`the topic ${topic}`)
            : name === 'GROUP_AUTHORIZATION_FAILED'
              ? readOf(`the group ${group}`)
              : this.#ownRight;
        this.#check(error, `commit the position of ${group} in ${topic}-${partition}`, node, right);
      }
    });
  }

  /** Tries until the coordinator says what became of it. To ask again is safe: nothing else happens under this epoch meanwhile. */
  async #end(identity: ProducerIdentity): Promise<void> {
    const body = encodeEndTxn(this.#transactionalId, identity, true);
    try {
      await this.#coordinated('transaction', this.#transactionalId, endMs, async (node) => {
        const error = decodeTxnError(await this.#transport.call(node, apiKeys.endTxn, endTxnVersion, body));
        this.#check(error, `commit the transaction ${this.#transactionalId}`, node, this.#ownRight);
      });
    } catch (error) {
      this.#session = null;
      if (error instanceof LogError && error.code === 'fenced') throw error;
      throw new LogError(
        'unknown-outcome',
        `The brokers did not say whether the transaction ${this.#transactionalId} was committed. What is committed has to be read back.`,
        { cause: error },
      );
    }
  }

  #coordinated<T>(kind: CoordinatorKind, key: string, forMs: number, call: (node: number) => Promise<T>): Promise<T> {
    return callCoordinator(this.#transport, { kind, key, forMs }, call);
  }

  get #ownRight(): NeededRight {
    return { operation: 'WRITE', on: `the transactional id ${this.#transactionalId}` };
  }

  #check(error: number, action: string, node: number, right: NeededRight): void {
    if (error === errorCodes.none) return;
    throw new KafkaError(error, `${action} at ${this.#transport.address(node)}`, null, right);
  }
}

function writeTo(topic: string): NeededRight {
  return { operation: 'WRITE', on: `the topic ${topic}` };
}

function readOf(on: string): NeededRight {
  return { operation: 'READ', on };
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
