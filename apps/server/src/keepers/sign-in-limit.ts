const windowMs = 60_000;
const attemptsMax = 10;
const addressesMax = 10_000;

/** Counts wrong tokens by address: after ten within a minute, no more are looked at until the minute is over. */
export class SignInLimit {
  readonly #nowMs: () => number;
  readonly #failures = new Map<string, { readonly sinceMs: number; count: number }>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  isReached(address: string): boolean {
    return (this.#current(address)?.count ?? 0) >= attemptsMax;
  }

  failed(address: string): void {
    const known = this.#current(address);
    if (known !== null) {
      known.count++;
      return;
    }
    if (this.#failures.size >= addressesMax) {
      const [oldest] = this.#failures.keys();
      if (oldest !== undefined) this.#failures.delete(oldest);
    }
    this.#failures.delete(address);
    this.#failures.set(address, { sinceMs: this.#nowMs(), count: 1 });
  }

  #current(address: string): { readonly sinceMs: number; count: number } | null {
    const known = this.#failures.get(address);
    return known === undefined || this.#nowMs() - known.sinceMs >= windowMs ? null : known;
  }
}
