/** Runs pieces of work one after the other, in the order in which they came, whether or not those before them failed. */
export class Serial {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(ignore);
    return result;
  }
}

function ignore(): void {
  // Whoever asked for the work hears of it.
}
