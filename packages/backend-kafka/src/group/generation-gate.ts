/**
 * Keeps commits and changes of the group's generation apart: a commit that is under way holds back a join, and a join that is under way
 * holds back commits.
 */
export class GenerationGate {
  #commits = 0;
  /** Settles when commits may pass again; null while they may. */
  #opening: Deferred | null = null;
  #emptying: Deferred | null = null;

  /** Runs `commit` as soon as no generation is being changed. */
  async pass<T>(commit: () => Promise<T>): Promise<T> {
    while (this.#opening !== null) await this.#opening.promise;
    this.#commits++;
    try {
      return await commit();
    } finally {
      this.#commits--;
      if (this.#commits === 0) this.#emptying?.resolve();
    }
  }

  /** Holds new commits back; settles when none is under way any more, or when the gate is opened. */
  async close(): Promise<void> {
    this.#opening ??= newDeferred();
    if (this.#commits === 0) return;
    this.#emptying ??= newDeferred();
    await Promise.race([this.#emptying.promise, this.#opening.promise]);
    this.#emptying = null;
  }

  open(): void {
    this.#opening?.resolve();
    this.#opening = null;
  }
}

interface Deferred {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
}

function newDeferred(): Deferred {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
