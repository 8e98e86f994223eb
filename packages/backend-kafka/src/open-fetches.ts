/** What came of a request. */
export type Outcome<T> = { readonly value: T } | { readonly error: unknown };

/** A request to a broker, for these partitions from these offsets. */
export interface OpenFetch<T> {
  readonly name: string;
  /** Null until the broker answers, which it may hold back. */
  readonly outcome: Outcome<T> | null;
}

interface MutableFetch<T> {
  readonly name: string;
  outcome: Outcome<T> | null;
}

/**
 * Requests that brokers have not answered yet, or whose answers nobody has taken. What holds an answer holds megabytes of records, so
 * nothing here does so for longer than it takes to take it: no race of promises, whose losers keep what won, and no timer once it is taken.
 */
export class OpenFetches<T> {
  readonly #keptMs: number;
  readonly #fetches = new Map<string, MutableFetch<T>>();
  readonly #forgetting = new Map<string, NodeJS.Timeout>();
  readonly #waiting: (() => void)[] = [];

  /** @param keptMs how long an answer waits to be taken; after that the same has to be asked for again */
  constructor(keptMs: number) {
    this.#keptMs = keptMs;
  }

  get(name: string): OpenFetch<T> | undefined {
    return this.#fetches.get(name);
  }

  add(name: string, answer: Promise<T>): OpenFetch<T> {
    const fetch: MutableFetch<T> = { name, outcome: null };
    this.#fetches.set(name, fetch);
    answer.then(
      (value) => {
        this.#settle(fetch, { value });
        this.#forgetting.set(name, setTimeout(() => this.take(fetch), this.#keptMs).unref());
      },
      (error: unknown) => {
        this.#settle(fetch, { error });
        this.take(fetch);
      },
    );
    return fetch;
  }

  /** Whoever has the request from before can still read its answer; who comes now has to ask again. */
  take(fetch: OpenFetch<T>): void {
    const { name } = fetch;
    if (this.#fetches.get(name) !== fetch) return;
    clearTimeout(this.#forgetting.get(name));
    this.#forgetting.delete(name);
    this.#fetches.delete(name);
  }

  /** Settles when the next answer comes, to whichever request. */
  arrival(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  #settle(fetch: MutableFetch<T>, outcome: Outcome<T>): void {
    fetch.outcome = outcome;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
