import type { CoordinatorKind } from '../../transport/rpc-transport.ts';
import { Reader } from '../reader.ts';
import { Writer } from '../writer.ts';

export const findCoordinatorVersion = 2;

export interface FoundCoordinator {
  readonly error: number;
  readonly message: string | null;
  readonly node: number;
}

export function encodeFindCoordinator(kind: CoordinatorKind, key: string): Uint8Array {
  return new Writer()
    .string(key)
    .int8(kind === 'group' ? 0 : 1)
    .finish();
}

export function decodeFindCoordinator(body: Uint8Array): FoundCoordinator {
  const reader = new Reader(body);
  reader.int32(); // Throttle time.
  return { error: reader.int16(), message: reader.nullableString(), node: reader.int32() };
}
