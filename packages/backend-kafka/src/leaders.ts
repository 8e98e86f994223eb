import { LogError, type TopicPartition, unknownPartition } from '@millrace/engine';
import { errorCodes, KafkaError, type NeededRight } from './kafka-error.ts';
import { asLogError, withRetries } from './retries.ts';
import type { RpcTransport, TopicView } from './transport/rpc-transport.ts';

/** How long to look for a topic that may just have been created, or for a leader that is being elected. */
const settleMs = 10_000;

const retryMs = 30_000;

/** What is done with partitions, as a clause (`read the offsets of`), and what right that takes on their topics. */
export interface PartitionAction {
  readonly words: string;
  readonly takes: NeededRight['operation'];
}

/** The answer for one partition of a request that goes to leaders. */
interface Outcome extends TopicPartition {
  readonly error: number;
}

/** Sends what concerns partitions to the brokers that lead them, and follows them when they move. */
export class Leaders {
  readonly #transport: RpcTransport;

  constructor(transport: RpcTransport) {
    this.#transport = transport;
  }

  /** @throws LogError `unknown-topic` or `unknown-partition`, after a look at the cluster as it is now */
  async assertKnown(partitions: readonly TopicPartition[]): Promise<void> {
    if (partitions.length === 0) return;
    const names = [...new Set(partitions.map(({ topic }) => topic))];
    let { topics } = await this.#transport.metadata(names);
    if (partitions.some((at) => missing(at, topics.get(at.topic)) !== null)) {
      ({ topics } = await this.#transport.metadata(names, true));
    }
    for (const at of partitions) {
      const error = missing(at, topics.get(at.topic));
      if (error !== null) throw error;
    }
  }

  /** Which of the partitions exist. @throws LogError `not-authorised` where this user may not know */
  async existing<Partition extends TopicPartition>(partitions: readonly Partition[]): Promise<Partition[]> {
    if (partitions.length === 0) return [];
    const { topics } = await this.#transport.metadata([...new Set(partitions.map(({ topic }) => topic))]);
    return partitions.filter((at) => {
      const topic = topics.get(at.topic);
      if (topic?.error === errorCodes.topicAuthorizationFailed) throw missing(at, topic);
      return missing(at, topic) === null;
    });
  }

  /** The partitions by the node that leads them. Partitions that nobody leads at the moment are waited for. */
  async group<Partition extends TopicPartition>(
    partitions: readonly Partition[],
  ): Promise<ReadonlyMap<number, readonly Partition[]>> {
    const names = [...new Set(partitions.map(({ topic }) => topic))];
    let refresh = false;
    return withRetries(
      async () => {
        const { topics } = await this.#transport.metadata(names, refresh);
        const byNode = new Map<number, Partition[]>();
        for (const at of partitions) {
          const topic = topics.get(at.topic);
          const error = missing(at, topic);
          if (error !== null) {
            if (refresh) throw error;
            throw new KafkaError(errorCodes.leaderNotAvailable, `find the leader of ${at.topic}-${at.partition}`);
          }
          const leader = topic?.partitions[at.partition]?.leader ?? -1;
          if (leader < 0) {
            throw new KafkaError(errorCodes.leaderNotAvailable, `find the leader of ${at.topic}-${at.partition}`);
          }
          const group = byNode.get(leader);
          if (group === undefined) byNode.set(leader, [at]);
          else group.push(at);
        }
        return byNode;
      },
      {
        forMs: settleMs,
        between: () => {
          refresh = true;
        },
      },
    );
  }

  /** Leaders have changed, or connections to them were lost: look again before the next request. */
  async refresh(partitions: readonly TopicPartition[]): Promise<void> {
    await this.#transport.metadata([...new Set(partitions.map(({ topic }) => topic))], true);
  }

  /**
   * Sends each partition to its leader and again, where the answer says so, until all are answered. Outcomes come in the order of the
   * partitions. @throws LogError with what was to be done, broker and partition, on the first that fails for good
   */
  async send<Partition extends TopicPartition, Answer extends Outcome>(
    partitions: readonly Partition[],
    { words, takes }: PartitionAction,
    call: (node: number, partitions: readonly Partition[]) => Promise<readonly Answer[]>,
    forMs = retryMs,
  ): Promise<readonly Answer[]> {
    const answers = new Map<string, Answer>();
    let left = partitions;
    await withRetries(
      async () => {
        const groups = await this.group(left);
        const settled = await Promise.allSettled(
          [...groups].map(async ([node, ofNode]) => ({ node, outcomes: await call(node, ofNode) })),
        );
        let failure: unknown = null;
        for (const result of settled) {
          if (result.status === 'rejected') {
            failure ??= result.reason;
            continue;
          }
          for (const outcome of result.value.outcomes) {
            if (outcome.error === errorCodes.none) {
              answers.set(name(outcome), outcome);
              continue;
            }
            const error = new KafkaError(
              outcome.error,
              `${words} ${name(outcome)} at ${this.#transport.address(result.value.node)}`,
              'message' in outcome ? (outcome.message as string | null) : null,
              { operation: takes, on: `the topic ${outcome.topic}` },
            );
            if (error.kind !== 'retriable') throw error;
            failure = error;
          }
        }
        left = left.filter((at) => !answers.has(name(at)));
        if (left.length > 0) throw failure ?? new KafkaError(errorCodes.requestTimedOut, `${words} ${name(left[0])}`);
      },
      { forMs, between: () => this.refresh(left).catch(ignore) },
    );
    return partitions.map((at) => answers.get(name(at)) as Answer);
  }
}

function missing(at: TopicPartition, topic: TopicView | undefined): unknown {
  if (topic === undefined || topic.error === errorCodes.unknownTopicOrPartition) return notThere(at.topic);
  if (topic.error === errorCodes.topicAuthorizationFailed) {
    return asLogError(
      new KafkaError(topic.error, `look at topic ${at.topic}`, null, {
        operation: 'DESCRIBE',
        on: `the topic ${at.topic}`,
      }),
    );
  }
  if (topic.error !== 0 && topic.partitions.length === 0) return notThere(at.topic);
  const { length } = topic.partitions;
  return Number.isInteger(at.partition) && at.partition >= 0 && at.partition < length
    ? null
    : unknownPartition(at, length);
}

function notThere(topic: string): LogError {
  return new LogError(
    'unknown-topic',
    `There is no topic ${topic} on the Kafka cluster. Create it, or let this user see it (DESCRIBE on the topic).`,
  );
}

function name(at: TopicPartition | undefined): string {
  return at === undefined ? '' : `${at.topic}-${at.partition}`;
}

function ignore(): void {
  // The next attempt says what is wrong.
}
