/** Each answer of a broker begins with its length, without these bytes themselves: a signed 32-bit number, big-endian. */
export const prefixBytes = 4;
/** Frames that are announced longer get their memory as their bytes come: nobody gets gigabytes for announcing alone. */
const trustedBytes = 16 * 1024 * 1024;
/** Memory that is kept for the next frame; what is larger was rare, and is given back. */
const keptBytes = 8 * 1024 * 1024;
const noBytes = new Uint8Array();

/**
 * Puts together the frames that a socket brings in pieces, and hands each on as soon as it is whole. The memory is used again, frame after
 * frame: buffers of one use only are what garbage collection costs most for (docs/performance.md).
 */
export class FrameReader {
  readonly #onFrame: (frame: Uint8Array) => void;
  /** Holds the beginning of a frame: {@link FrameReader.#filled} bytes of it. */
  #memory: Uint8Array = noBytes;
  #filled = 0;

  /** @param onFrame gets a frame with its prefix; the bytes are its own only until it returns */
  constructor(onFrame: (frame: Uint8Array) => void) {
    this.#onFrame = onFrame;
  }

  /**
   * The next bytes of the stream, which are not kept.
   * @throws RangeError when they announce a frame of a negative length, which no broker does
   */
  take(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.byteLength) at = this.#filled === 0 ? this.#begin(bytes, at) : this.#continue(bytes, at);
  }

  /** Frames that lie in the piece as a whole are not copied. */
  #begin(bytes: Uint8Array, at: number): number {
    const left = bytes.byteLength - at;
    const length = left < prefixBytes ? Number.POSITIVE_INFINITY : frameLength(bytes, at);
    if (length > left) return this.#fill(bytes, at, bytes.byteLength);
    this.#onFrame(bytes.subarray(at, at + length));
    return at + length;
  }

  #continue(bytes: Uint8Array, at: number): number {
    if (this.#filled < prefixBytes) {
      const end = this.#fill(bytes, at, Math.min(bytes.byteLength, at + prefixBytes - this.#filled));
      if (this.#filled < prefixBytes) return end;
      at = end;
    }
    const length = frameLength(this.#memory, 0);
    const end = this.#fill(bytes, at, Math.min(bytes.byteLength, at + length - this.#filled));
    if (this.#filled === length) this.#finish();
    return end;
  }

  #fill(bytes: Uint8Array, at: number, end: number): number {
    const filled = this.#filled + end - at;
    if (filled > this.#memory.byteLength) this.#grow(bytes, at, filled);
    this.#memory.set(bytes.subarray(at, end), this.#filled);
    this.#filled = filled;
    return end;
  }

  /** Makes room for the frame as a whole where its length is known and is to be believed, otherwise for twice as much as there is. */
  #grow(bytes: Uint8Array, at: number, needed: number): void {
    const announced =
      this.#filled >= prefixBytes
        ? frameLength(this.#memory, 0)
        : this.#filled === 0 && needed >= prefixBytes
          ? frameLength(bytes, at)
          : needed;
    const larger = new Uint8Array(Math.max(needed, Math.min(announced, Math.max(trustedBytes, needed * 2))));
    larger.set(this.#memory.subarray(0, this.#filled));
    this.#memory = larger;
  }

  #finish(): void {
    const memory = this.#memory;
    const frame = memory.subarray(0, this.#filled);
    this.#filled = 0;
    if (memory.byteLength > keptBytes) this.#memory = noBytes;
    this.#onFrame(frame);
  }
}

function frameLength(bytes: Uint8Array, at: number): number {
  const length =
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number);
  if (length < 0) throw new RangeError(`A frame of ${length} bytes was announced.`);
  return prefixBytes + length;
}
