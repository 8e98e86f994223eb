import type { Reader } from '../reader.ts';
import { Writer } from '../writer.ts';
import type { LeavingMember } from './leave-group.ts';

export const describeGroupsVersion = 4;

export interface DescribedGroup {
  readonly error: number;
  /** What the members agreed on, such as the assignor's name; empty while they have not. */
  readonly protocol: string;
  readonly members: readonly LeavingMember[];
}

export function encodeDescribeGroups(groups: readonly string[]): Uint8Array {
  const writer = new Writer();
  return writer
    .array(groups, (group) => writer.string(group))
    .boolean(false) // No operations that the user may do.
    .finish();
}

/** A group that does not exist has no members. */
export function decodeDescribeGroups(reader: Reader): readonly DescribedGroup[] {
  reader.int32(); // throttle time
  return reader.array(() => {
    const error = reader.int16();
    reader.string(); // group
    reader.string(); // state
    reader.string(); // protocol type
    const protocol = reader.string();
    const members = reader.array(() => {
      const memberId = reader.string();
      const groupInstanceId = reader.nullableString();
      reader.string(); // client id
      reader.string(); // client host
      reader.nullableBytes(); // metadata
      reader.nullableBytes(); // assignment
      return { memberId, groupInstanceId };
    });
    reader.int32(); // operations
    return { error, protocol, members };
  });
}
