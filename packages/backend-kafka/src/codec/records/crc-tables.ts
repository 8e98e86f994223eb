const slices = 16;

/** Of CRC-32C (Castagnoli), for slicing by 16: table n holds, for each byte, its checksum when n bytes follow. */
export const crcTables = makeTables();

function makeTables(): Int32Array<ArrayBuffer> {
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
