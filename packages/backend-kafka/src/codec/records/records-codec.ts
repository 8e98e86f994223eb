import { type WasmGlobal, type WasmMemory, wasmExports } from '@millrace/engine';
import { crcTables } from './crc-tables.ts';
import { recordsCodecModule } from './records-codec-module.ts';

/** Behind each part of the memory: copies go this far beyond at most. */
export const slackBytes = 16;
const pageBytes = 64 * 1024;
/** Memory of WebAssembly never shrinks; after a rare giant a new one is made. */
const keptBytes = 64 * 1024 * 1024;

interface Exports {
  readonly memory: WasmMemory;
  readonly keysLength: WasmGlobal;
  readonly valuesLength: WasmGlobal;
  readonly headersLength: WasmGlobal;
  readonly isSparse: WasmGlobal;
  readonly hasHeaders: WasmGlobal;
  readonly keyAt: WasmGlobal;
  readonly valueAt: WasmGlobal;
  readonly headerAt: WasmGlobal;
  readonly out: WasmGlobal;
  readonly written: WasmGlobal;
  readonly base: WasmGlobal;
  readonly greatest: WasmGlobal;
  crc32c(crc: number, at: number, end: number): number;
  walk(from: number, to: number, count: number, lastDelta: number, places: number): number;
  lay(
    count: number,
    places: number,
    out: number,
    keys: number,
    values: number,
    headers: number,
    base: number,
    isOneTime: number,
  ): number;
  encode(
    index: number,
    count: number,
    timestamps: number,
    keyLengths: number,
    valueLengths: number,
    start: number,
    limit: number,
  ): number;
}

/** records-codec.wat with its memory: what its functions do is said there. It keeps nothing that outlives a call of ours. */
export class RecordsCodec {
  /** From here on the memory is free to use. */
  static readonly free = crcTables.byteLength;
  readonly wasm: Exports;
  /** The memory; another one after {@link RecordsCodec.reserve}. */
  bytes: Uint8Array<ArrayBuffer>;

  constructor() {
    this.wasm = wasmExports<Exports>(recordsCodecModule);
    this.bytes = new Uint8Array(this.wasm.memory.buffer);
    this.bytes.set(new Uint8Array(crcTables.buffer));
  }

  /** Makes the memory reach to `end` and some slack; what is in it stays. */
  reserve(end: number): void {
    const missing = end + slackBytes - this.bytes.byteLength;
    if (missing <= 0) return;
    // Doubled, so that a growing batch is not copied again and again.
    this.wasm.memory.grow(Math.ceil(Math.max(missing, Math.min(this.bytes.byteLength, keptBytes)) / pageBytes));
    this.bytes = new Uint8Array(this.wasm.memory.buffer);
  }
}

let shared: RecordsCodec | null = null;

/** Does some work with the codec, which nobody else has meanwhile: nothing in it awaits. */
export function withRecordsCodec<T>(work: (codec: RecordsCodec) => T): T {
  const codec = shared ?? new RecordsCodec();
  // Work within work would have a codec of its own.
  shared = null;
  try {
    return work(codec);
  } finally {
    if (codec.bytes.byteLength <= keptBytes) shared = codec;
  }
}

/** A number that is a multiple of eight and no less. */
export function aligned(at: number): number {
  return (at + 7) & ~7;
}
