import type { Down } from '@millrace/protocol';

/** A worker process that can be spoken with, on this machine or on another. */
export interface Worker {
  /** Of its own among all that this server ever speaks with; process ids are not, over several machines. */
  readonly id: number;
  readonly pid: number;
  /** It has been told what to do: whatever is said to it now comes after that. */
  readonly hasSaidHello: boolean;
  readonly isOver: boolean;
  send(message: Down): void;
}

let lastId = 0;

export function nextWorkerId(): number {
  return ++lastId;
}
