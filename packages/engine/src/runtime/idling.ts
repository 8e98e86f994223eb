import type { RecordQueue } from './record-queue.ts';

/**
 * How long a task waits for partitions that have nothing at the moment, so that what arrives a little late is still taken in the order of
 * its time. Each partition is waited for on its own, from when it was found empty; what arrives ends that wait. One that stays empty is
 * waited for once.
 */
export class Idling {
  readonly #queues: readonly RecordQueue[];
  readonly #maxIdleMs: number;
  /** By queue: when it was found empty, epoch milliseconds; NaN while it is not. */
  readonly #emptySince: Float64Array;

  constructor(queues: readonly RecordQueue[], maxIdleMs: number) {
    this.#queues = queues;
    this.#maxIdleMs = maxIdleMs;
    this.#emptySince = new Float64Array(queues.length).fill(Number.NaN);
  }

  /** How much longer to wait, milliseconds; 0 when no partition is waited for. */
  remainingMs(nowMs: number): number {
    let longest = 0;
    for (let index = 0; index < this.#queues.length; index++) {
      if (!(this.#queues[index] as RecordQueue).isEmpty) {
        this.#emptySince[index] = Number.NaN;
        continue;
      }
      const since = this.#emptySince[index] as number;
      if (Number.isNaN(since)) this.#emptySince[index] = nowMs;
      const end = (Number.isNaN(since) ? nowMs : since) + this.#maxIdleMs;
      if (end - nowMs > longest) longest = end - nowMs;
    }
    return longest;
  }
}
