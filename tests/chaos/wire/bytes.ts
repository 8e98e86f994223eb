/** Writes Kafka's primitives of the fixed protocol versions one after the other. */
export class Writer {
  readonly #parts: Buffer[] = [];

  int8(value: number): this {
    return this.#fixed(1, (part) => part.writeInt8(value));
  }

  int16(value: number): this {
    return this.#fixed(2, (part) => part.writeInt16BE(value));
  }

  int32(value: number): this {
    return this.#fixed(4, (part) => part.writeInt32BE(value));
  }

  int64(value: bigint): this {
    return this.#fixed(8, (part) => part.writeBigInt64BE(value));
  }

  string(value: string | null): this {
    if (value === null) return this.int16(-1);
    const text = Buffer.from(value);
    this.int16(text.length);
    this.#parts.push(text);
    return this;
  }

  bytes(value: Buffer): this {
    this.int32(value.length);
    this.#parts.push(value);
    return this;
  }

  raw(value: Buffer): this {
    this.#parts.push(value);
    return this;
  }

  /** Zigzag, seven bits a byte. */
  varint(value: number): this {
    let rest = BigInt.asUintN(64, (BigInt(value) << 1n) ^ (BigInt(value) >> 63n));
    const part: number[] = [];
    while (rest > 127n) {
      part.push(Number(rest & 127n) | 128);
      rest >>= 7n;
    }
    part.push(Number(rest));
    this.#parts.push(Buffer.from(part));
    return this;
  }

  array<T>(items: readonly T[], write: (item: T) => void): this {
    this.int32(items.length);
    for (const item of items) write(item);
    return this;
  }

  end(): Buffer {
    return Buffer.concat(this.#parts);
  }

  #fixed(length: number, write: (part: Buffer) => void): this {
    const part = Buffer.alloc(length);
    write(part);
    this.#parts.push(part);
    return this;
  }
}

/** Reads them. */
export class Reader {
  readonly #from: Buffer;
  #at = 0;

  constructor(from: Buffer) {
    this.#from = from;
  }

  get left(): number {
    return this.#from.length - this.#at;
  }

  int8(): number {
    return this.#from.readInt8(this.#moved(1));
  }

  int16(): number {
    return this.#from.readInt16BE(this.#moved(2));
  }

  int32(): number {
    return this.#from.readInt32BE(this.#moved(4));
  }

  uint32(): number {
    return this.#from.readUInt32BE(this.#moved(4));
  }

  int64(): bigint {
    return this.#from.readBigInt64BE(this.#moved(8));
  }

  string(): string {
    const length = this.int16();
    return length < 0 ? '' : this.raw(length).toString();
  }

  bytes(): Buffer {
    const length = this.int32();
    return length < 0 ? Buffer.alloc(0) : this.raw(length);
  }

  raw(length: number): Buffer {
    const start = this.#moved(length);
    return this.#from.subarray(start, start + length);
  }

  varint(): number {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.#from.readUInt8(this.#moved(1));
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return Number((value >> 1n) ^ -(value & 1n));
    }
  }

  array<T>(read: () => T): T[] {
    const items: T[] = [];
    for (let left = this.int32(); left > 0; left--) items.push(read());
    return items;
  }

  #moved(length: number): number {
    const start = this.#at;
    if (start + length > this.#from.length) throw new Error('The bytes end too early.');
    this.#at += length;
    return start;
  }
}
