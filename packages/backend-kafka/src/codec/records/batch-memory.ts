/** What waits for use at the most; what is more is left to garbage collection. */
const keptBytes = 32 * 1024 * 1024;
/** Lengths are rounded up to this, so that batches of nearly the same length have use for each other's memory. */
const stepBytes = 64 * 1024;

/**
 * Memory for encoded batches, used again when the brokers have them. Commit after commit these are megabytes of which each would be used
 * once, and garbage collection costs more than filling them.
 */
export class BatchMemory {
  readonly #free: ArrayBuffer[] = [];
  #freeBytes = 0;

  /** What is in it is left over from earlier. */
  take(length: number): Uint8Array<ArrayBuffer> {
    const index = this.#free.findIndex(
      ({ byteLength }) => byteLength >= length && byteLength / 4 <= length + stepBytes,
    );
    const [found] = index < 0 ? [] : this.#free.splice(index, 1);
    if (found !== undefined) this.#freeBytes -= found.byteLength;
    const buffer = found ?? new ArrayBuffer(Math.ceil(length / stepBytes) * stepBytes);
    return new Uint8Array(buffer, 0, length);
  }

  /** Nobody needs these bytes any more, which {@link BatchMemory.take} gave. */
  giveBack({ buffer }: Uint8Array<ArrayBuffer>): void {
    if (this.#freeBytes + buffer.byteLength > keptBytes) return;
    this.#free.push(buffer);
    this.#freeBytes += buffer.byteLength;
  }
}
