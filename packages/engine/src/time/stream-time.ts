/** The greatest timestamp seen so far by one scope (a task, an operator); it never goes back. */
export class StreamTime {
  /** Epoch milliseconds; -Infinity before the first record. */
  current = Number.NEGATIVE_INFINITY;

  advance(timestamp: number): void {
    if (timestamp > this.current) this.current = timestamp;
  }
}
