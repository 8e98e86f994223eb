import type { ProducedRecord } from '@millrace/engine';

/** A value larger than this is kept in several records. */
export const chunkBytes = 512 * 1024;

/**
 * The records that make `key` stand for `document` (null: for nothing): `<key>#0`, `<key>#1`, … with the bytes of its JSON text. Compaction
 * keeps the last record of each, so records that an earlier, longer document left are removed with tombstones.
 * @param before how many chunks the key has now
 */
export function chunkRecords(
  key: string,
  document: unknown,
  before: number,
  timestamp: number,
): readonly ProducedRecord[] {
  const bytes = document === null ? new Uint8Array() : new TextEncoder().encode(JSON.stringify(document));
  const count = Math.ceil(bytes.byteLength / chunkBytes);
  return Array.from({ length: Math.max(count, before) }, (_, index) => ({
    key: `${key}#${index}`,
    value: index < count ? bytes.subarray(index * chunkBytes, (index + 1) * chunkBytes) : null,
    timestamp,
  }));
}

/** Puts chunks together again while records are replayed in order. */
export class ChunkAssembly {
  readonly #chunks = new Map<string, Map<number, Uint8Array>>();

  add(recordKey: string, value: Uint8Array | null): void {
    const at = recordKey.lastIndexOf('#');
    const key = recordKey.slice(0, at);
    const index = Number(recordKey.slice(at + 1));
    const chunks = this.#chunks.get(key) ?? new Map<number, Uint8Array>();
    if (value === null) chunks.delete(index);
    else chunks.set(index, value.slice());
    if (chunks.size === 0) this.#chunks.delete(key);
    else this.#chunks.set(key, chunks);
  }

  /** Each key's document, with the number of its chunks. */
  *documents(): Generator<{ key: string; document: unknown; chunks: number }> {
    for (const [key, chunks] of this.#chunks) {
      const decoder = new TextDecoder('utf-8', { fatal: true });
      let text = '';
      for (let index = 0; index < chunks.size; index++) {
        const chunk = chunks.get(index);
        if (chunk === undefined) throw new Error(`The control log lacks part ${index} of ${key}.`);
        text += decoder.decode(chunk, { stream: true });
      }
      text += decoder.decode();
      yield { key, document: JSON.parse(text), chunks: chunks.size };
    }
  }
}
