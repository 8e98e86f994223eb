/**
 * A message as MD5 and SHA-256 take it: a one bit, zeros, and the length in bits at the end of the last block of 64 bytes.
 * @param littleEndian the order of the bytes of the length
 */
export function messageBlocks(bytes: Uint8Array, littleEndian: boolean): DataView {
  const padded = new Uint8Array((((bytes.length + 8) >> 6) + 1) * 64);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  const end = padded.length - 8;
  const [low, high] = [(bytes.length << 3) >>> 0, Math.floor(bytes.length / 2 ** 29)];
  view.setUint32(end, littleEndian ? low : high, littleEndian);
  view.setUint32(end + 4, littleEndian ? high : low, littleEndian);
  return view;
}

/** The words of a hash as hexadecimal digits. */
export function hexWords(words: Iterable<number>): string {
  let text = '';
  for (const word of words) text += (word >>> 0).toString(16).padStart(8, '0');
  return text;
}
