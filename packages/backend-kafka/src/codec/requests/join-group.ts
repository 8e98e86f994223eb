import type { Reader } from '../reader.ts';
import { Writer } from '../writer.ts';

export const joinGroupVersion = 5;

export interface JoinGroupRequest {
  readonly group: string;
  readonly sessionTimeoutMs: number;
  /** How long the group waits for this member to join again when tasks are shared out anew. */
  readonly rebalanceTimeoutMs: number;
  /** Empty for a member that has none yet. */
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly protocolType: string;
  readonly protocols: readonly { readonly name: string; readonly metadata: Uint8Array }[];
}

export interface JoinGroupResponse {
  readonly error: number;
  readonly generation: number;
  readonly protocol: string;
  readonly leader: string;
  readonly memberId: string;
  /** For the leader alone: everybody. */
  readonly members: readonly JoinedMember[];
}

export interface JoinedMember {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly metadata: Uint8Array;
}

export function encodeJoinGroup(request: JoinGroupRequest): Uint8Array {
  const writer = new Writer();
  return writer
    .string(request.group)
    .int32(request.sessionTimeoutMs)
    .int32(request.rebalanceTimeoutMs)
    .string(request.memberId)
    .string(request.groupInstanceId)
    .string(request.protocolType)
    .array(request.protocols, ({ name, metadata }) => writer.string(name).bytes(metadata))
    .finish();
}

export function decodeJoinGroup(reader: Reader): JoinGroupResponse {
  reader.int32(); // throttle time
  return {
    error: reader.int16(),
    generation: reader.int32(),
    protocol: reader.string(),
    leader: reader.string(),
    memberId: reader.string(),
    members: reader.array(() => ({
      memberId: reader.string(),
      groupInstanceId: reader.nullableString(),
      metadata: reader.nullableBytes() ?? new Uint8Array(),
    })),
  };
}
