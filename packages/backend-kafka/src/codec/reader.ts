const lenientUtf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** The bytes are not what Kafka's protocol says should be there. */
export class MalformedResponseError extends Error {
  readonly code = 'malformed-response';

  constructor(message: string) {
    super(message);
    this.name = 'MalformedResponseError';
  }
}

/** Reads Kafka's primitives, one after the other. @throws MalformedResponseError (every call) rather than read past the end. */
export class Reader {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  #at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = at;
  }

  /** Where the next read begins. */
  get at(): number {
    return this.#at;
  }

  /** Bytes left. */
  get left(): number {
    return this.bytes.byteLength - this.#at;
  }

  int8(): number {
    return this.#view.getInt8(this.#take(1));
  }

  boolean(): boolean {
    return this.int8() !== 0;
  }

  int16(): number {
    return this.#view.getInt16(this.#take(2));
  }

  int32(): number {
    return this.#view.getInt32(this.#take(4));
  }

  uint32(): number {
    return this.#view.getUint32(this.#take(4));
  }

  /** @throws MalformedResponseError beyond the whole numbers that a number holds; see {@link Reader.bigInt64}. */
  int64(): number {
    const at = this.#take(8);
    const value = this.#view.getInt32(at) * 0x1_0000_0000 + this.#view.getUint32(at + 4);
    if (!Number.isSafeInteger(value)) throw new MalformedResponseError(`The number ${value} is too large.`);
    return value;
  }

  bigInt64(): bigint {
    return this.#view.getBigInt64(this.#take(8));
  }

  float64(): number {
    return this.#view.getFloat64(this.#take(8));
  }

  uvarint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#view.getUint8(this.#take(1));
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    throw new MalformedResponseError('A variable-length number does not end.');
  }

  varint(): number {
    const value = this.uvarint();
    return (value >>> 1) ^ -(value & 1);
  }

  varlong(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#view.getUint8(this.#take(1));
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, (value >> 1n) ^ -(value & 1n));
    }
    throw new MalformedResponseError('A variable-length number does not end.');
  }

  /** 16 bytes, a view. */
  uuid(): Uint8Array {
    return this.raw(16);
  }

  string(): string {
    return this.nullableString() ?? '';
  }

  nullableString(): string | null {
    const length = this.int16();
    return length < 0 ? null : lenientUtf8.decode(this.raw(length));
  }

  compactString(): string {
    return this.compactNullableString() ?? '';
  }

  compactNullableString(): string | null {
    const length = this.uvarint();
    return length === 0 ? null : lenientUtf8.decode(this.raw(length - 1));
  }

  /** A view, not a copy. */
  nullableBytes(): Uint8Array | null {
    const length = this.int32();
    return length < 0 ? null : this.raw(length);
  }

  compactNullableBytes(): Uint8Array | null {
    const length = this.uvarint();
    return length === 0 ? null : this.raw(length - 1);
  }

  /** Null reads as empty. */
  array<T>(read: () => T): T[] {
    return this.#items(this.int32(), read);
  }

  compactArray<T>(read: () => T): T[] {
    return this.#items(this.uvarint() - 1, read);
  }

  /** Skips the tagged fields that end every structure of a flexible version. */
  tags(): void {
    const count = this.uvarint();
    if (count > this.left)
      throw new MalformedResponseError(`${count} tagged fields are announced in ${this.left} bytes.`);
    for (let index = 0; index < count; index++) {
      this.uvarint();
      this.raw(this.uvarint());
    }
  }

  raw(length: number): Uint8Array {
    const at = this.#take(length);
    return this.bytes.subarray(at, at + length);
  }

  skip(length: number): void {
    this.#take(length);
  }

  /** Every item takes a byte at least, so no count can ask for more than there are bytes. */
  #items<T>(count: number, read: () => T): T[] {
    if (count > this.left) throw new MalformedResponseError(`${count} items are announced in ${this.left} bytes.`);
    const items: T[] = [];
    for (let index = 0; index < count; index++) items.push(read());
    return items;
  }

  #take(length: number): number {
    const at = this.#at;
    if (length < 0 || at + length > this.bytes.byteLength) {
      throw new MalformedResponseError(`${length} bytes are announced at ${at}, of ${this.bytes.byteLength}.`);
    }
    this.#at = at + length;
    return at;
  }
}
