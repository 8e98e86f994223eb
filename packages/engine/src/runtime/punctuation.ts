import type { NumberCell } from './number-cell.ts';

/**
 * When to call back. On stream time the calls lie on a grid of multiples of the interval; on the wall clock on a grid that begins when the
 * schedule is made, with the first call one interval later.
 */
export interface PunctuationPlan {
  readonly everyMs: number;
  readonly by: 'stream-time' | 'wall-clock';
}

/**
 * One schedule. It is called with the time it is now, not with the time it was due: slots that were missed collapse into one call, and the
 * next is due at the first point of the grid after now (Kafka Streams' PunctuationQueue). `next` is kept by the caller, as task state;
 * NaN before the schedule began.
 */
export class Punctuation {
  readonly plan: PunctuationPlan;
  readonly #next: NumberCell;
  readonly #punctuate: (nowMs: number) => void;

  constructor(plan: PunctuationPlan, next: NumberCell, punctuate: (nowMs: number) => void) {
    this.plan = plan;
    this.#next = next;
    this.#punctuate = punctuate;
    if (Number.isNaN(next.value) && plan.by === 'stream-time') next.value = 0;
  }

  /** Begins a schedule on the wall clock; one that was begun before a restart goes on. */
  begin(nowMs: number): void {
    if (Number.isNaN(this.#next.value)) this.#next.value = nowMs + this.plan.everyMs;
  }

  /** Calls back if it is due. Gives whether it was. */
  advance(nowMs: number): boolean {
    const next = this.#next.value;
    if (!(nowMs >= next)) return false;
    this.#next.value = next + (Math.floor((nowMs - next) / this.plan.everyMs) + 1) * this.plan.everyMs;
    this.#punctuate(nowMs);
    return true;
  }
}
