import type { SourcePosition } from '@millrace/engine';
import type { GroupIdentity } from '../../group/group-identity.ts';
import { byTopic } from '../by-topic.ts';
import { Writer } from '../writer.ts';

export const offsetCommitVersion = 7;

/** Outside any transaction; taken only from a member of the group's current generation. */
export function encodeOffsetCommit(
  group: string,
  member: GroupIdentity,
  positions: readonly SourcePosition[],
): Uint8Array {
  const writer = new Writer();
  return writer
    .string(group)
    .int32(member.generation)
    .string(member.memberId)
    .string(member.groupInstanceId)
    .array(byTopic(positions), ([topic, ofTopic]) => {
      writer.string(topic).array(ofTopic, ({ partition, offset }) => {
        writer.int32(partition).int64(offset).int32(-1).string(null);
      });
    })
    .finish();
}
