import { apiKeys } from '../codec/api-keys.ts';
import { Reader } from '../codec/reader.ts';
import { decodeLeaveGroup, encodeLeaveGroup, leaveGroupVersion } from '../codec/requests/leave-group.ts';
import { errorCodes, KafkaError } from '../kafka-error.ts';
import { withRetries } from '../retries.ts';
import type { RpcTransport } from '../transport/rpc-transport.ts';

const forMs = 10_000;

/** Makes the members with these fixed names leave the group. One that is no member of it, or a group that is not there, is no error. */
export async function removeMembers(
  transport: RpcTransport,
  group: string,
  groupInstanceIds: readonly string[],
): Promise<void> {
  if (groupInstanceIds.length === 0) return;
  const members = groupInstanceIds.map((groupInstanceId) => ({ memberId: '', groupInstanceId }));
  const body = encodeLeaveGroup({ group, members });
  const action = `leave the group ${group}`;
  await withRetries(
    async () => {
      const node = await transport.coordinator('group', group);
      const answer = decodeLeaveGroup(
        new Reader(await transport.call(node, apiKeys.leaveGroup, leaveGroupVersion, body)),
      );
      for (const error of [answer.error, ...answer.members.map((member) => member.error)]) {
        if (error === errorCodes.none || error === errorCodes.unknownMemberId) continue;
        throw new KafkaError(error, action);
      }
    },
    { forMs, between: () => transport.forgetCoordinator('group', group) },
  );
}
