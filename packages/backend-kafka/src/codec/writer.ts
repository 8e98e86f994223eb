const encoder = new TextEncoder();
const firstCapacity = 256;

/** Writes Kafka's primitives, one after the other, into memory that grows. Numbers are big-endian. Each call gives the writer. */
export class Writer {
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView;
  #length = 0;
  /** What lies before the last part. */
  readonly #before: Uint8Array[] = [];
  #partStart = 0;

  constructor(capacity = firstCapacity) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  get length(): number {
    return this.#length;
  }

  /** What was written, not copied: valid until the next write. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  /** What was written, in its parts, not copied: valid until the next write. */
  parts(): readonly Uint8Array[] {
    return [...this.#before, this.#bytes.subarray(this.#partStart, this.#length)];
  }

  int8(value: number): this {
    const at = this.#take(1);
    this.#view.setInt8(at, value);
    return this;
  }

  boolean(value: boolean): this {
    return this.int8(value ? 1 : 0);
  }

  int16(value: number): this {
    const at = this.#take(2);
    this.#view.setInt16(at, value);
    return this;
  }

  int32(value: number): this {
    const at = this.#take(4);
    this.#view.setInt32(at, value);
    return this;
  }

  uint32(value: number): this {
    const at = this.#take(4);
    this.#view.setUint32(at, value);
    return this;
  }

  /** A number must be whole and safe. */
  int64(value: number | bigint): this {
    const at = this.#take(8);
    if (typeof value === 'bigint') {
      this.#view.setBigInt64(at, value);
    } else {
      this.#view.setInt32(at, Math.floor(value / 0x1_0000_0000));
      this.#view.setUint32(at + 4, value >>> 0);
    }
    return this;
  }

  /** Unsigned, 7 bits a byte. */
  uvarint(value: number): this {
    let at = this.#take(5);
    let rest = value >>> 0;
    this.#length -= 5;
    while (rest >= 0x80) {
      this.#bytes[at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#bytes[at++] = rest;
    this.#length = at;
    return this;
  }

  /** Signed 32 bits, zigzag. */
  varint(value: number): this {
    return this.uvarint((value << 1) ^ (value >> 31));
  }

  /** Signed 64 bits, zigzag. */
  varlong(value: number | bigint): this {
    if (typeof value === 'number' && value >= -0x4000_0000 && value < 0x4000_0000) return this.varint(value);
    const wide = BigInt(value);
    let rest = BigInt.asUintN(64, (wide << 1n) ^ (wide >> 63n));
    while (rest >= 0x80n) {
      this.int8(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    this.int8(Number(rest));
    return this;
  }

  /** 16 bytes; null is the zero UUID. */
  uuid(value: Uint8Array | null): this {
    if (value === null) {
      const at = this.#take(16);
      this.#bytes.fill(0, at, at + 16);
      return this;
    }
    return this.raw(value.subarray(0, 16));
  }

  /** Length as int16; -1 is null. */
  string(value: string | null): this {
    if (value === null) return this.int16(-1);
    const text = encoder.encode(value);
    return this.int16(text.byteLength).raw(text);
  }

  /** Length plus 1 as an unsigned varint; 0 is null. */
  compactString(value: string | null): this {
    if (value === null) return this.uvarint(0);
    const text = encoder.encode(value);
    return this.uvarint(text.byteLength + 1).raw(text);
  }

  /** Length as int32; -1 is null. */
  bytes(value: Uint8Array | null): this {
    return value === null ? this.int32(-1) : this.int32(value.byteLength).raw(value);
  }

  /** As {@link Writer.bytes}, as a part of its own that is not copied; what was written is then to be had from {@link Writer.parts} alone. */
  bytesAside(value: Uint8Array): this {
    this.int32(value.byteLength);
    this.#before.push(this.#bytes.subarray(this.#partStart, this.#length), value);
    this.#partStart = this.#length;
    return this;
  }

  compactBytes(value: Uint8Array | null): this {
    return value === null ? this.uvarint(0) : this.uvarint(value.byteLength + 1).raw(value);
  }

  /** Count as int32, then what `write` writes for each; -1 is null. */
  array<T>(items: readonly T[] | null, write: (item: T) => void): this {
    if (items === null) return this.int32(-1);
    this.int32(items.length);
    for (const item of items) write(item);
    return this;
  }

  /** Count plus 1 as an unsigned varint, then what `write` writes for each; 0 is null. */
  compactArray<T>(items: readonly T[] | null, write: (item: T) => void): this {
    if (items === null) return this.uvarint(0);
    this.uvarint(items.length + 1);
    for (const item of items) write(item);
    return this;
  }

  /** No tagged fields; ends every structure of a flexible version. */
  noTags(): this {
    return this.int8(0);
  }

  raw(bytes: Uint8Array): this {
    const at = this.#take(bytes.byteLength);
    this.#bytes.set(bytes, at);
    return this;
  }

  #take(length: number): number {
    const at = this.#length;
    const needed = at + length;
    if (needed > this.#bytes.byteLength) {
      const larger = new Uint8Array(Math.max(this.#bytes.byteLength * 2, needed));
      larger.set(this.#bytes.subarray(0, at));
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    this.#length = needed;
    return at;
  }
}
