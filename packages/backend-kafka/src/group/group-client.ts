import { apiKeys } from '../codec/api-keys.ts';
import { Reader } from '../codec/reader.ts';
import {
  type DescribedGroup,
  decodeDescribeGroups,
  describeGroupsVersion,
  encodeDescribeGroups,
} from '../codec/requests/describe-groups.ts';
import { decodeHeartbeat, encodeHeartbeat, heartbeatVersion } from '../codec/requests/heartbeat.ts';
import {
  decodeJoinGroup,
  encodeJoinGroup,
  type JoinGroupResponse,
  joinGroupVersion,
} from '../codec/requests/join-group.ts';
import {
  decodeLeaveGroup,
  encodeLeaveGroup,
  type LeavingMember,
  leaveGroupVersion,
} from '../codec/requests/leave-group.ts';
import {
  decodeSyncGroup,
  encodeSyncGroup,
  type SyncGroupRequest,
  syncGroupVersion,
} from '../codec/requests/sync-group.ts';
import { errorCodes, KafkaError, type NeededRight } from '../kafka-error.ts';
import type { RpcTransport } from '../transport/rpc-transport.ts';
import type { GroupIdentity } from './group-identity.ts';

/** Time for an answer beyond what the broker may hold it back. */
const answerTimeoutMs = 5_000;
/** Joins and syncs wait at the broker for other members, so they have connections apart from those of heartbeats. */
const joinLane = 'group-join';
const heartbeatLane = 'group-heartbeat';

export interface GroupClientOptions {
  readonly transport: RpcTransport;
  readonly group: string;
  readonly groupInstanceId: string | null;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
}

/**
 * One group's requests, each sent once to its coordinator. Every call rejects with KafkaError or LogError; whoever may try again asks for
 * the coordinator anew, since it is forgotten then.
 */
export class GroupClient {
  readonly #options: GroupClientOptions;
  /** The coordinator, as last asked. */
  #node = -1;

  constructor(options: GroupClientOptions) {
    this.#options = options;
  }

  /** For one who is no member and will not be. */
  static ofStranger(transport: RpcTransport, group: string): GroupClient {
    return new GroupClient({ transport, group, groupInstanceId: null, sessionTimeoutMs: 0, rebalanceTimeoutMs: 0 });
  }

  /** @param memberId empty for a new member; @throws KafkaError MEMBER_ID_REQUIRED never: the id given is used at once */
  async join(memberId: string, protocol: string, metadata: Uint8Array): Promise<JoinGroupResponse> {
    const { group, groupInstanceId, sessionTimeoutMs, rebalanceTimeoutMs } = this.#options;
    const body = encodeJoinGroup({
      group,
      sessionTimeoutMs,
      rebalanceTimeoutMs,
      memberId,
      groupInstanceId,
      protocolType: 'consumer',
      protocols: [{ name: protocol, metadata }],
    });
    const timeoutMs = rebalanceTimeoutMs + answerTimeoutMs;
    const answer = decodeJoinGroup(await this.#call(apiKeys.joinGroup, joinGroupVersion, body, joinLane, timeoutMs));
    if (answer.error === errorCodes.memberIdRequired && memberId === '' && answer.memberId !== '')
      return this.join(answer.memberId, protocol, metadata);
    this.#check(answer.error, 'join');
    return answer;
  }

  async sync(identity: GroupIdentity, assignments: SyncGroupRequest['assignments']): Promise<Uint8Array> {
    const body = encodeSyncGroup({ group: this.#options.group, ...identity, assignments });
    const timeoutMs = this.#options.rebalanceTimeoutMs + answerTimeoutMs;
    const answer = decodeSyncGroup(await this.#call(apiKeys.syncGroup, syncGroupVersion, body, joinLane, timeoutMs));
    this.#check(answer.error, 'take its tasks from');
    return answer.assignment;
  }

  async heartbeat(identity: GroupIdentity): Promise<void> {
    const body = encodeHeartbeat({ group: this.#options.group, ...identity });
    const timeoutMs = Math.min(answerTimeoutMs, this.#options.sessionTimeoutMs);
    const answer = decodeHeartbeat(
      await this.#call(apiKeys.heartbeat, heartbeatVersion, body, heartbeatLane, timeoutMs),
    );
    this.#check(answer.error, 'stay in');
  }

  async leave(memberId: string): Promise<void> {
    const { groupInstanceId } = this.#options;
    await this.remove([{ memberId, groupInstanceId }]);
  }

  /** Makes members leave, whoever they are; those that have left already, or a group that is not there, are no failure. */
  async remove(members: readonly LeavingMember[]): Promise<void> {
    const body = encodeLeaveGroup({ group: this.#options.group, members });
    const answer = decodeLeaveGroup(
      await this.#call(apiKeys.leaveGroup, leaveGroupVersion, body, heartbeatLane, answerTimeoutMs),
    );
    for (const error of [answer.error, ...answer.members.map((member) => member.error)])
      if (error !== errorCodes.unknownMemberId) this.#check(error, 'leave');
  }

  /** Who is in the group. */
  async describe(): Promise<DescribedGroup> {
    const body = encodeDescribeGroups([this.#options.group]);
    const [group] = decodeDescribeGroups(
      await this.#call(apiKeys.describeGroups, describeGroupsVersion, body, heartbeatLane, answerTimeoutMs),
    );
    this.#check(group?.error ?? errorCodes.unknownServerError, 'look into', 'DESCRIBE');
    return group as DescribedGroup;
  }

  async #call(apiKey: number, version: number, body: Uint8Array, lane: string, timeoutMs: number): Promise<Reader> {
    const { transport, group } = this.#options;
    const node = await transport.coordinator('group', group);
    this.#node = node;
    try {
      return new Reader(await transport.call(node, apiKey, version, body, { lane, timeoutMs }));
    } catch (error) {
      transport.forgetCoordinator('group', group);
      throw error;
    }
  }

  #check(error: number, action: string, operation: NeededRight['operation'] = 'READ'): void {
    if (error === errorCodes.none) return;
    if (error === errorCodes.notCoordinator || error === errorCodes.coordinatorNotAvailable)
      this.#options.transport.forgetCoordinator('group', this.#options.group);
    const { group, transport } = this.#options;
    throw new KafkaError(error, `${action} the group ${group} at ${transport.address(this.#node)}`, null, {
      operation,
      on: `the group ${group}`,
    });
  }
}
