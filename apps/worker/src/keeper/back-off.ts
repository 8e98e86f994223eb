/** How long to wait before something that failed is tried again: twice as long each time, up to a limit. */
export class BackOff {
  readonly #firstMs: number;
  readonly #mostMs: number;
  #nextMs: number;

  constructor(firstMs: number, mostMs: number) {
    this.#firstMs = firstMs;
    this.#mostMs = mostMs;
    this.#nextMs = firstMs;
  }

  next(): number {
    const waitMs = this.#nextMs;
    this.#nextMs = Math.min(this.#mostMs, waitMs * 2);
    return waitMs;
  }

  reset(): void {
    this.#nextMs = this.#firstMs;
  }
}
