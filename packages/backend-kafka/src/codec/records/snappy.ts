import { createRequire } from 'node:module';
import { MalformedRecordsError } from './malformed-records.ts';

interface Snappy {
  compress(bytes: Uint8Array): Uint8Array;
  uncompress(bytes: Uint8Array, maxLength: number): Uint8Array;
}

const snappy = createRequire(import.meta.url)('snappyjs') as Snappy;

/** Java's clients cut what they compress into blocks, behind this mark and two version numbers (xerial framing). */
const xerialMark = Uint8Array.of(0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00);
const xerialHeaderBytes = 16;
const blockBytes = 32 * 1024;

/** In xerial framing, which every client reads. */
export function compressSnappy(bytes: Uint8Array): Uint8Array {
  const blocks: Uint8Array[] = [];
  for (let at = 0; at < bytes.byteLength; at += blockBytes) {
    blocks.push(snappy.compress(plain(bytes.subarray(at, at + blockBytes))));
  }
  const length = blocks.reduce((sum, block) => sum + 4 + block.byteLength, xerialHeaderBytes);
  const framed = new Uint8Array(length);
  const view = new DataView(framed.buffer);
  framed.set(xerialMark);
  view.setInt32(8, 1);
  view.setInt32(12, 1);
  let at = xerialHeaderBytes;
  for (const block of blocks) {
    view.setInt32(at, block.byteLength);
    framed.set(block, at + 4);
    at += 4 + block.byteLength;
  }
  return framed;
}

/** With or without xerial framing. @throws Error when it is neither, or larger than `maxLength`. */
export function uncompressSnappy(bytes: Uint8Array, maxLength: number): Uint8Array {
  if (!xerialMark.every((byte, index) => bytes[index] === byte)) return snappy.uncompress(plain(bytes), maxLength);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const blocks: Uint8Array[] = [];
  let length = 0;
  for (let at = xerialHeaderBytes; at < bytes.byteLength; ) {
    const blockLength = at + 4 <= bytes.byteLength ? view.getInt32(at) : -1;
    if (blockLength < 0 || at + 4 + blockLength > bytes.byteLength) {
      throw new MalformedRecordsError('A snappy block is longer than what holds it.');
    }
    const block = snappy.uncompress(plain(bytes.subarray(at + 4, at + 4 + blockLength)), maxLength - length);
    blocks.push(block);
    length += block.byteLength;
    at += 4 + blockLength;
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const block of blocks) {
    whole.set(block, at);
    at += block.byteLength;
  }
  return whole;
}

/** The library looks at the class: a Buffer is not a Uint8Array to it. */
function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
