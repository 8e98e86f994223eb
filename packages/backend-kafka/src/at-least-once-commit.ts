import type { SourcePosition, TopicPartition } from '@millrace/engine';
import { apiKeys } from './codec/api-keys.ts';
import { Reader } from './codec/reader.ts';
import { decodeHeartbeat, encodeHeartbeat, heartbeatVersion } from './codec/requests/heartbeat.ts';
import { encodeOffsetCommit, offsetCommitVersion } from './codec/requests/offset-commit.ts';
import { decodePartitionOutcomes } from './codec/requests/transactions.ts';
import { callCoordinator, worstFirst } from './coordinator-call.ts';
import type { GroupIdentity } from './group/group-identity.ts';
import type { IdempotentProducer } from './idempotent-producer.ts';
import { errorCodes, errorFacts, KafkaError, type NeededRight } from './kafka-error.ts';
import type { PartitionBatches } from './producer-session.ts';
import type { RpcTransport } from './transport/rpc-transport.ts';

/** How long each of the group's requests is tried. */
const groupMs = 30_000;

export interface AtLeastOnceWork {
  readonly group: string;
  readonly member: GroupIdentity;
  /** In what order they become durable; all of one stage have before the next begins. */
  readonly stages: readonly (readonly PartitionBatches[])[];
  /** The tasks' states, which come last and make what was written count. */
  readonly states: readonly PartitionBatches[];
  /** How far the tasks have read; the positions behind their states are added. */
  readonly positions: readonly SourcePosition[];
}

/**
 * A commit without a transaction. Outputs and changelogs are durable before the states that know of them, and these before the group's
 * positions, which make them count: whoever goes on after a crash in between does again what had been done, and misses nothing.
 *
 * The group's coordinator is asked before anything is written, and refuses the positions at the end: a worker that was given up does not
 * write what it still holds when it wakes up. What it sent before it was given up is not held back by anything, as in Kafka Streams.
 */
export async function commitAtLeastOnce(
  transport: RpcTransport,
  producer: IdempotentProducer,
  { group, member, stages, states, positions }: AtLeastOnceWork,
): Promise<(at: TopicPartition) => number> {
  await assertMember(transport, group, member);
  const bases = new Map<string, number>();
  for (const stage of [...stages, states]) {
    const offsets = await producer.write(stage);
    stage.forEach(({ topic, partition }, index) => {
      bases.set(`${topic}-${partition}`, offsets[index] ?? -1);
    });
  }
  const baseOf = ({ topic, partition }: TopicPartition): number => bases.get(`${topic}-${partition}`) ?? -1;
  await commitPositions(transport, group, member, [
    ...positions,
    ...states.map(({ topic, partition }) => ({ topic, partition, offset: baseOf({ topic, partition }) + 1 })),
  ]);
  return baseOf;
}

async function assertMember(transport: RpcTransport, group: string, member: GroupIdentity): Promise<void> {
  const body = encodeHeartbeat({ group, ...member });
  await callCoordinator(transport, { kind: 'group', key: group, forMs: groupMs }, async (node) => {
    const answer = await transport.call(node, apiKeys.heartbeat, heartbeatVersion, body);
    const { error } = decodeHeartbeat(new Reader(answer));
    // Others come or go, and wait for this commit.
    if (error === errorCodes.none || error === errorCodes.rebalanceInProgress) return;
    const action = `commit as a member of ${group} at ${transport.address(node)}`;
    throw new KafkaError(error, action, null, readOf(`the group ${group}`));
  });
}

async function commitPositions(
  transport: RpcTransport,
  group: string,
  member: GroupIdentity,
  positions: readonly SourcePosition[],
): Promise<void> {
  const body = encodeOffsetCommit(group, member, positions);
  await callCoordinator(transport, { kind: 'group', key: group, forMs: groupMs }, async (node) => {
    const outcomes = decodePartitionOutcomes(
      await transport.call(node, apiKeys.offsetCommit, offsetCommitVersion, body),
    );
    for (const { topic, partition, error } of worstFirst(outcomes)) {
      if (error === errorCodes.none) continue;
      const action = `commit the position of ${group} in ${topic}-${partition} at ${transport.address(node)}`;
      const isOfTopic = errorFacts(error).name === 'TOPIC_AUTHORIZATION_FAILED';
      throw new KafkaError(error, action, null, readOf(isOfTopic ? `the topic ${topic}` : `the group ${group}`));
    }
  });
}

function readOf(on: string): NeededRight {
  return { operation: 'READ', on };
}
