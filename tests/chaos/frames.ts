/** Puts what a socket delivers together to frames: four bytes of length, then so many bytes. */
export class Frames {
  #rest: Buffer = Buffer.alloc(0);

  /** The frames that these bytes complete, their length in front. */
  add(bytes: Buffer): Buffer[] {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    const frames: Buffer[] = [];
    while (this.#rest.length >= 4) {
      const end = 4 + this.#rest.readInt32BE(0);
      if (this.#rest.length < end) break;
      frames.push(this.#rest.subarray(0, end));
      this.#rest = this.#rest.subarray(end);
    }
    return frames;
  }
}
