/** Samples kept: five minutes at one in two seconds. */
const kept = 150;
const stepMs = 2000;
const trendSlack = 0.1;
/** Samples in a row that a rate must hold to set the scale of a line. */
const heldSamples = 3;

/** The last five minutes of one number, one sample in two seconds; the newest is replaced until its two seconds are over. */
export class RateHistory {
  #values: number[] = [];
  #step = Number.NEGATIVE_INFINITY;

  add(atMs: number, value: number): void {
    const step = Math.floor(atMs / stepMs);
    if (step === this.#step) {
      this.#values[this.#values.length - 1] = value;
      return;
    }
    // Where nothing arrived for some time the line stays level, so that the axis of time holds.
    const missing = Number.isFinite(this.#step) ? Math.min(kept, step - this.#step - 1) : 0;
    const last = this.#values.at(-1) ?? value;
    for (let gap = 0; gap < missing; gap++) this.#values.push(last);
    this.#values.push(value);
    if (this.#values.length > kept) this.#values.splice(0, this.#values.length - kept);
    this.#step = step;
  }

  /** Oldest first. */
  get values(): readonly number[] {
    return this.#values;
  }

  /** How the newest value stands to the one `spanMs` ago, with 10 % slack. */
  trend(spanMs: number): 'rising' | 'level' | 'falling' {
    const now = this.#values.at(-1) ?? 0;
    const then = this.#values.at(-1 - Math.round(spanMs / stepMs)) ?? this.#values[0] ?? 0;
    const slack = trendSlack * Math.max(now, then);
    if (now > then + slack) return 'rising';
    return now < then - slack ? 'falling' : 'level';
  }
}

/**
 * The top of a line of samples: the greatest value that held for three samples in a row, so that a burst of a second does not flatten
 * what comes after it. With fewer samples, the greatest.
 */
export function heldTop(values: readonly number[]): number {
  if (values.length < heldSamples) return Math.max(0, ...values);
  let top = 0;
  for (let at = heldSamples; at <= values.length; at++) {
    top = Math.max(top, Math.min(...values.slice(at - heldSamples, at)));
  }
  return top;
}

export const historyLength = kept;
