import { type ByteString, bytesToByteString, detached } from '../log/byte-string.ts';
import { currentKey } from '../log/key-bytes.ts';

/** Up to so many keys are looked through one by one: most windows of sparse keys have few, and need no slots then. */
const fewKeys = 8;
const firstSlots = 32;

/** A search passes so many others by bad luck less than once in a lifetime; a sender of chosen keys makes it do so. */
const probesMax = 96;

const freed = -1;

/** Takes a key that lies in `bytes[start, end)`. */
export type TakeKey = (bytes: Uint8Array, start: number, end: number) => void;

/**
 * Gives each key a row, a small number for columns. Keys are kept as bytes, one behind the other: a string a key, in a `Map`, takes three times
 * the room, is hashed and compared outside of compiled code when it was cut out of a batch, and has to be copied out of that batch.
 * Open addressing with linear probing (Knuth, The Art of Computer Programming, volume 3, 6.4, algorithms L and R).
 */
export class KeyTable {
  /** Keys that have a row. */
  size = 0;
  /** Rows given so far, freed ones included: all rows are below. */
  rows = 0;
  readonly #hashes: number[] = [];
  readonly #starts: number[] = [];
  /** Of a freed row: -1. */
  readonly #lengths: number[] = [];
  #bytes = new Uint8Array(64);
  #end = 0;
  /** Bytes of keys that have gone. */
  #garbageBytes = 0;
  /** Row + 1, or 0; null while there are few keys. A power of two of them, half of them empty at the least. */
  #slots: Int32Array | null = null;
  #freed: number[] | null = null;
  /** In the place of the slots, once keys were met that share their place with too many others: nobody can choose keys against it. */
  #map: Map<ByteString, number> | null = null;

  /** Undefined when the key has none. */
  rowOf(key: ByteString): number | undefined {
    if (this.#map !== null) return this.#map.get(key);
    const { bytes: wanted, length, hash } = currentKey.read(key);
    const slots = this.#slots;
    if (slots === null) {
      for (let row = 0; row < this.rows; row++) if (this.#isAt(row, hash, wanted, length)) return row;
      return undefined;
    }
    const mask = slots.length - 1;
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const row = (slots[at] as number) - 1;
      if (row < 0) return undefined;
      if (this.#isAt(row, hash, wanted, length)) return row;
    }
  }

  /** Makes a row for a key that has none. */
  add(key: ByteString): number {
    const { bytes, length, hash } = currentKey.read(key);
    const start = this.#keep(bytes, length);
    const row = this.#freed?.pop() ?? this.rows++;
    this.#hashes[row] = hash;
    this.#lengths[row] = length;
    this.#starts[row] = start;
    this.size++;
    if (this.#map !== null) this.#map.set(detached(key), row);
    else this.#place(row, hash);
    return row;
  }

  delete(row: number): void {
    if (this.#map !== null) this.#map.delete(this.keyOf(row));
    else if (this.#slots !== null) this.#vacate(this.#slots, row);
    this.#garbageBytes += this.#lengths[row] as number;
    this.#lengths[row] = freed;
    this.#freed ??= [];
    this.#freed.push(row);
    this.size--;
  }

  /** Room for the bytes of keys. */
  get roomBytes(): number {
    return this.#bytes.byteLength;
  }

  /** Forgets all keys and rows, and keeps the room that they took. */
  clear(): void {
    this.size = 0;
    this.rows = 0;
    this.#end = 0;
    this.#garbageBytes = 0;
    this.#freed = null;
    this.#map = null;
    this.#slots?.fill(0);
  }

  has(row: number): boolean {
    return this.#lengths[row] !== freed;
  }

  keyOf(row: number): ByteString {
    const start = this.#starts[row] as number;
    return bytesToByteString(this.#bytes.subarray(start, start + (this.#lengths[row] as number)));
  }

  /** Calls with the place of the row's key, which is good for the call. */
  withKey(row: number, take: TakeKey): void {
    const start = this.#starts[row] as number;
    take(this.#bytes, start, start + (this.#lengths[row] as number));
  }

  #isAt(row: number, hash: number, wanted: Uint8Array, length: number): boolean {
    if (this.#hashes[row] !== hash || this.#lengths[row] !== length) return false;
    const bytes = this.#bytes;
    const start = this.#starts[row] as number;
    for (let index = 0; index < length; index++) if (bytes[start + index] !== wanted[index]) return false;
    return true;
  }

  /** Puts a key behind the others; gives where it begins. */
  #keep(key: Uint8Array, length: number): number {
    if (this.#end + length > this.#bytes.length) this.#makeRoom(length);
    const bytes = this.#bytes;
    const start = this.#end;
    for (let index = 0; index < length; index++) bytes[start + index] = key[index] as number;
    this.#end = start + length;
    return start;
  }

  #makeRoom(length: number): void {
    const needed = this.#end - this.#garbageBytes + length;
    const larger = new Uint8Array(Math.max(this.#bytes.length, needed * 2));
    if (this.#garbageBytes === 0) larger.set(this.#bytes.subarray(0, this.#end));
    else this.#compact(larger);
    this.#bytes = larger;
  }

  #compact(into: Uint8Array): void {
    let end = 0;
    for (let row = 0; row < this.rows; row++) {
      const length = this.#lengths[row] as number;
      if (length === freed) continue;
      const start = this.#starts[row] as number;
      into.set(this.#bytes.subarray(start, start + length), end);
      this.#starts[row] = end;
      end += length;
    }
    this.#end = end;
    this.#garbageBytes = 0;
  }

  #place(row: number, hash: number): void {
    if (this.#slots === null) {
      if (this.size <= fewKeys) return;
      this.#rebuild(firstSlots);
    } else if (this.size * 2 > this.#slots.length) this.#rebuild(this.#slots.length * 2);
    else this.#occupy(this.#slots, row, hash);
  }

  #rebuild(count: number): void {
    const slots = new Int32Array(count);
    this.#slots = slots;
    for (let row = 0; row < this.rows && this.#slots === slots; row++) {
      if (this.#lengths[row] !== freed) this.#occupy(slots, row, this.#hashes[row] as number);
    }
  }

  #occupy(slots: Int32Array, row: number, hash: number): void {
    const mask = slots.length - 1;
    let at = hash & mask;
    for (let probes = 0; slots[at] !== 0; at = (at + 1) & mask) {
      if (++probes > probesMax) {
        this.#useMap();
        return;
      }
    }
    slots[at] = row + 1;
  }

  #useMap(): void {
    const map = new Map<ByteString, number>();
    for (let row = 0; row < this.rows; row++) if (this.#lengths[row] !== freed) map.set(this.keyOf(row), row);
    this.#map = map;
    this.#slots = null;
  }

  /** Empties the row's slot, and moves those that were pushed beyond it back. */
  #vacate(slots: Int32Array, row: number): void {
    const mask = slots.length - 1;
    let hole = (this.#hashes[row] as number) & mask;
    while (slots[hole] !== row + 1) hole = (hole + 1) & mask;
    for (let at = (hole + 1) & mask; slots[at] !== 0; at = (at + 1) & mask) {
      const home = (this.#hashes[(slots[at] as number) - 1] as number) & mask;
      // Only what would be found from its home through the hole may move there.
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      slots[hole] = slots[at] as number;
      hole = at;
    }
    slots[hole] = 0;
  }
}
