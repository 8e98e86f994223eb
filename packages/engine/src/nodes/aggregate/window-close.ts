import type { NumberCell } from '../../runtime/number-cell.ts';
import type { ProcessorContext } from '../../runtime/processor.ts';

/**
 * When to look for windows that have closed: with a record, before it is taken up itself, since a leap in event time that closes windows may
 * also be what makes the store forget them; if event time has gone on since the last look, and not more often on the wall
 * clock than `emitIntervalMs` of the pipeline allows, unless windows would be forgotten that were not sent.
 */
export class WindowClose {
  readonly #context: ProcessorContext;
  /** Up to where windows have been sent: all that closed before. Part of the task's state, so that a restart sends none twice. */
  readonly #lastClose: NumberCell;
  readonly #nextLook: NumberCell;

  constructor(context: ProcessorContext) {
    this.#context = context;
    this.#lastClose = context.number('lastClose', Number.NEGATIVE_INFINITY);
    this.#nextLook = context.number('nextLook', 0);
  }

  /** Epoch milliseconds; -Infinity before windows were sent for the first time. */
  get lastClose(): number {
    return this.#lastClose.value;
  }

  /**
   * Whether to look now; the next look is as far away again even if nothing has closed.
   * @param wouldLose whether the store may forget with this record what has closed and was not sent; asked only where one would wait
   */
  isDue(closeTime: number, wouldLose: () => boolean): boolean {
    const intervalMs = this.#context.settings.emitIntervalMs;
    if (intervalMs > 0) {
      const now = this.#context.wallClock();
      if (now < this.#nextLook.value && !(closeTime > this.#lastClose.value && wouldLose())) return false;
      this.#nextLook.value = now + intervalMs;
    }
    return closeTime > this.#lastClose.value;
  }

  sentUpTo(closeTime: number): void {
    this.#lastClose.value = closeTime;
  }
}
