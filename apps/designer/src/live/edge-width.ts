const widthMin = 2;
const widthSpan = 10;

/**
 * How wide the water in an edge is, in px: 2 for nothing to 12 for the pipeline's peak. By the square root, so that a tenth of the peak
 * is still clearly water.
 * @param rate records a second on this edge
 * @param peak the greatest rate on any edge of the pipeline within the last hour
 */
export function flowWidth(rate: number, peak: number): number {
  if (!(peak > 0) || !(rate > 0)) return widthMin;
  return widthMin + widthSpan * Math.sqrt(Math.min(1, rate / peak));
}

/** Below this rate an edge is quiet: banks without water. */
export const quietRate = 0.05;

const minuteMs = 60_000;
const minutesKept = 60;
/** A rate counts as a peak when it held this long: catching up after a deploy lasts a second or two and says little about the flow. */
const heldMs = 5_000;

/** The greatest rate that held for five seconds within the last hour, in steps of a minute. */
export class HourPeak {
  #recent: { readonly atMs: number; readonly value: number }[] = [];
  #maxima: { minute: number; max: number }[] = [];

  add(value: number, atMs: number): void {
    this.#recent.push({ atMs, value });
    // The newest sample that is old enough shows that the span is covered; what lies before it is not needed.
    while ((this.#recent[1]?.atMs ?? atMs) <= atMs - heldMs) this.#recent.shift();
    const isHeld = (this.#recent[0]?.atMs ?? atMs) <= atMs - heldMs;
    const minute = Math.floor(atMs / minuteMs);
    const last = this.#maxima.at(-1);
    if (isHeld) {
      if (last?.minute === minute) last.max = Math.max(last.max, this.#held);
      else this.#maxima.push({ minute, max: this.#held });
    }
    const oldest = minute - minutesKept + 1;
    if ((this.#maxima[0]?.minute ?? minute) < oldest)
      this.#maxima = this.#maxima.filter((entry) => entry.minute >= oldest);
  }

  get #held(): number {
    return this.#recent.reduce((min, sample) => Math.min(min, sample.value), Number.POSITIVE_INFINITY);
  }

  /** Before anything held for five seconds, what has held so far. */
  get value(): number {
    const held = this.#recent.length === 0 ? 0 : this.#held;
    return this.#maxima.reduce((max, entry) => Math.max(max, entry.max), held);
  }
}
