/** Runs one thing after another: what looks at state, decides and writes must not be crossed by another that does the same. */
export class Serial {
  #last: Promise<unknown> = Promise.resolve();

  /** A failure is the caller's; the next one runs all the same. */
  run<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(work, work);
    this.#last = result.catch(() => undefined);
    return result;
  }
}
