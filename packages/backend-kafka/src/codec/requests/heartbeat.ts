import type { Reader } from '../reader.ts';
import { Writer } from '../writer.ts';

export const heartbeatVersion = 3;

export interface HeartbeatRequest {
  readonly group: string;
  readonly generation: number;
  readonly memberId: string;
  readonly groupInstanceId: string | null;
}

export function encodeHeartbeat(request: HeartbeatRequest): Uint8Array {
  return new Writer()
    .string(request.group)
    .int32(request.generation)
    .string(request.memberId)
    .string(request.groupInstanceId)
    .finish();
}

export function decodeHeartbeat(reader: Reader): { readonly error: number } {
  reader.int32(); // throttle time
  return { error: reader.int16() };
}
