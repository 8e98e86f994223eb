import type { Reader } from '../reader.ts';
import { Writer } from '../writer.ts';

export const syncGroupVersion = 3;

export interface SyncGroupRequest {
  readonly group: string;
  readonly generation: number;
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  /** From the leader: what each member gets. From all others: empty. */
  readonly assignments: readonly { readonly memberId: string; readonly assignment: Uint8Array }[];
}

export interface SyncGroupResponse {
  readonly error: number;
  readonly assignment: Uint8Array;
}

export function encodeSyncGroup(request: SyncGroupRequest): Uint8Array {
  const writer = new Writer();
  return writer
    .string(request.group)
    .int32(request.generation)
    .string(request.memberId)
    .string(request.groupInstanceId)
    .array(request.assignments, ({ memberId, assignment }) => writer.string(memberId).bytes(assignment))
    .finish();
}

export function decodeSyncGroup(reader: Reader): SyncGroupResponse {
  reader.int32(); // throttle time
  return { error: reader.int16(), assignment: reader.nullableBytes() ?? new Uint8Array() };
}
