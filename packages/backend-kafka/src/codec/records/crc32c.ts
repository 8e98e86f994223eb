/** Slicing by 16: table n holds the checksum of a byte that n bytes follow. */
const slices = 16;
const tables = makeTables();

function makeTables(): Int32Array {
  const all = new Int32Array(slices * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
    all[byte] = crc;
  }
  for (let byte = 0; byte < 256; byte++) {
    let crc = all[byte] as number;
    for (let table = 1; table < slices; table++) {
      crc = (all[crc & 0xff] as number) ^ (crc >>> 8);
      all[table * 256 + byte] = crc;
    }
  }
  return all;
}

/** CRC-32C (Castagnoli) of `bytes[start, end)`, unsigned. Kounavis and Berry, A Systematic Approach to Building High Performance CRC Generators. */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.byteLength): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let crc = -1;
  let at = start;
  // Four bytes at a time: one by one, a batch takes half as long again.
  for (const last = end - slices; at <= last; at += slices) {
    crc =
      ofWord(crc ^ view.getInt32(at, true), 3072) ^
      ofWord(view.getInt32(at + 4, true), 2048) ^
      ofWord(view.getInt32(at + 8, true), 1024) ^
      ofWord(view.getInt32(at + 12, true), 0);
  }
  for (; at < end; at++) crc = (tables[(crc ^ (bytes[at] as number)) & 0xff] as number) ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** `at`: where the table of the word's last byte begins. */
function ofWord(word: number, at: number): number {
  return (
    (tables[at + 768 + (word & 0xff)] as number) ^
    (tables[at + 512 + ((word >>> 8) & 0xff)] as number) ^
    (tables[at + 256 + ((word >>> 16) & 0xff)] as number) ^
    (tables[at + (word >>> 24)] as number)
  );
}
