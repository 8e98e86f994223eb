import type { Reader } from '../reader.ts';
import { Writer } from '../writer.ts';

export const leaveGroupVersion = 3;

export interface LeavingMember {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
}

export interface LeaveGroupRequest {
  readonly group: string;
  /** Anybody may make any member leave. */
  readonly members: readonly LeavingMember[];
}

export interface LeaveGroupResponse {
  readonly error: number;
  readonly members: readonly (LeavingMember & { readonly error: number })[];
}

export function encodeLeaveGroup(request: LeaveGroupRequest): Uint8Array {
  const writer = new Writer();
  return writer
    .string(request.group)
    .array(request.members, ({ memberId, groupInstanceId }) => writer.string(memberId).string(groupInstanceId))
    .finish();
}

export function decodeLeaveGroup(reader: Reader): LeaveGroupResponse {
  reader.int32(); // throttle time
  return {
    error: reader.int16(),
    members: reader.array(() => ({
      memberId: reader.string(),
      groupInstanceId: reader.nullableString(),
      error: reader.int16(),
    })),
  };
}
