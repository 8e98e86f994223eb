const firstMs = 500;
const mostMs = 30_000;
const calmMs = 60_000;

/** How long to wait before a worker that ended is started again: half a second, doubled each time up to half a minute. */
export class BackOff {
  #nextMs = firstMs;

  /** @param ranMs how long the last worker ran; a minute makes up for earlier failures */
  next(ranMs: number): number {
    if (ranMs >= calmMs) this.#nextMs = firstMs;
    const waitMs = this.#nextMs;
    this.#nextMs = Math.min(mostMs, this.#nextMs * 2);
    return waitMs;
  }

  reset(): void {
    this.#nextMs = firstMs;
  }
}
