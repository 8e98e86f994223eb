import type { RecordBatch } from '../../log/record-batch.ts';
import { type WasmMemory, wasmExports } from '../../wasm.ts';
import type { Layout } from './layout.ts';
import { scanLayoutModule } from './scan-layout-module.ts';

/** Digits, which the scan stops at, must not follow the last record; nor may it read beyond the memory. */
const paddingBytes = 32;
const pageBytes = 64 * 1024;
/** Batches with more bytes of values are walked over record by record. */
const valuesBytesMax = 16 * 1024 * 1024;
/** Of fewer records, setting up takes longer than walking. */
const recordsMin = 4;

type Scan = (
  count: number,
  from: number,
  to: number,
  shift: number,
  status: number,
  layout: number,
  slots: number,
  starts: number,
  ends: number,
) => number;

interface Exports {
  readonly memory: WasmMemory;
  readonly scan: Scan;
  readonly isAscii: (at: number, end: number) => number;
}

/** Where fields are, by record, then slot. */
export interface FoundFields {
  readonly slotCount: number;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

/**
 * Walks over all values of a batch at once, sixteen bytes at a time (scan-layout.wat), where they are written as the layouts say. One serves
 * all: it keeps nothing from call to call.
 */
export class LayoutScanner {
  readonly #memory: WasmMemory;
  readonly #scan: Scan;
  readonly #isAscii: (at: number, end: number) => number;
  #bytes: Uint8Array;

  /** Null where the platform has no WebAssembly, or does not allow it: the walk in JavaScript then does all. */
  static create(): LayoutScanner | null {
    try {
      return new LayoutScanner(wasmExports<Exports>(scanLayoutModule));
    } catch {
      return null;
    }
  }

  private constructor({ memory, scan, isAscii }: Exports) {
    this.#memory = memory;
    this.#scan = scan;
    this.#isAscii = isAscii;
    this.#bytes = new Uint8Array(this.#memory.buffer);
  }

  /**
   * Notes where the fields of a batch's values are, and gives a byte a record: 1 if it has one of the layouts; 0 for none, of which nothing is
   * noted. `hits` becomes how many records each layout had. Null when the batch is not for this scanner.
   */
  scan(batch: RecordBatch, layouts: readonly Layout[], found: FoundFields, hits: number[]): Uint8Array | null {
    const { count } = batch;
    const { slotCount } = found;
    const { valuesStart, valuesEnd } = batch;
    const valuesBytes = valuesEnd - valuesStart;
    if (count < recordsMin || valuesBytes > valuesBytesMax) return null;
    const layoutAt = 0;
    const fromAt = align(layouts.reduce((most, { encoded }) => Math.max(most, encoded.length), 0));
    const toAt = fromAt + count * 4;
    const startsAt = toAt + count * 4;
    const endsAt = startsAt + count * slotCount * 4;
    const statusAt = endsAt + count * slotCount * 4;
    const valuesAt = align(statusAt + count);
    this.#reserve(valuesAt + valuesBytes + paddingBytes);
    const bytes = this.#bytes;
    const { buffer } = bytes;
    const status = bytes.subarray(statusAt, statusAt + count);
    const starts = new Int32Array(buffer, startsAt, count * slotCount);
    new Int32Array(buffer, fromAt, count).set(batch.valueStarts);
    new Int32Array(buffer, toAt, count).set(batch.valueEnds);
    starts.fill(0);
    status.fill(0);
    bytes.set(batch.bytes.subarray(valuesStart, valuesEnd), valuesAt);
    bytes.fill(0, valuesAt + valuesBytes, valuesAt + valuesBytes + paddingBytes);
    // Most values are ASCII, which is seen at once; others must be valid UTF-8.
    if (this.#isAscii(valuesAt, valuesAt + valuesBytes) === 0 && !batch.areValuesUtf8) return null;
    let left = count;
    for (const [index, { encoded }] of layouts.entries()) {
      hits[index] = 0;
      if (left === 0) continue;
      bytes.set(encoded, layoutAt);
      const shift = valuesAt - valuesStart;
      const passed = this.#scan(count, fromAt, toAt, shift, statusAt, layoutAt, slotCount, startsAt, endsAt);
      hits[index] = passed;
      left -= passed;
      if (left > 0) forgetOthers(status, starts, slotCount);
    }
    found.starts.set(starts);
    found.ends.set(new Int32Array(buffer, endsAt, count * slotCount));
    return status.slice();
  }

  #reserve(size: number): void {
    const missing = size - this.#bytes.byteLength;
    if (missing <= 0) return;
    this.#memory.grow(Math.ceil(missing / pageBytes));
    this.#bytes = new Uint8Array(this.#memory.buffer);
  }
}

/** What was noted of records before they turned out to be written in another way. */
function forgetOthers(status: Uint8Array, starts: Int32Array, slotCount: number): void {
  for (let index = 0; index < status.length; index++) {
    if (status[index] === 0) starts.fill(0, index * slotCount, (index + 1) * slotCount);
  }
}

function align(size: number): number {
  return (size + 15) & ~15;
}
