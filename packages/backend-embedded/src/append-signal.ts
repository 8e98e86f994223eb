import type { AbortSignalLike } from '@millrace/engine';

/** Where reads wait for appends. */
export class AppendSignal {
  #waiters = new Set<() => void>();

  wake(): void {
    for (const wake of [...this.#waiters]) wake();
  }

  /** Ends with the next {@link wake}, after `ms`, or when the signal aborts. */
  wait(ms: number, signal: AbortSignalLike | undefined): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#waiters.delete(wake);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      this.#waiters.add(wake);
      signal?.addEventListener('abort', wake);
    });
  }
}
