/** Counts changes and lets readers wait for the next one. A reader that was busy meanwhile has missed nothing but the count. */
export class ChangeSignal {
  #version = 0;
  #waiting: (() => void)[] = [];

  get version(): number {
    return this.#version;
  }

  raise(): void {
    this.#version++;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  /** Settles as soon as the version is not `seen`, after `timeoutMs`, or when the signal aborts. */
  async after(seen: number, timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (this.#version !== seen || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        this.#waiting = this.#waiting.filter((waiting) => waiting !== done);
        resolve();
      };
      const timer = setTimeout(done, timeoutMs);
      signal.addEventListener('abort', done);
      this.#waiting.push(done);
    });
  }
}
