import type { ByteString } from '../log/byte-string.ts';
import type { StoreAddress } from './store-table.ts';

/** How many bytes a segment takes in front of a key. */
export const segmentBytes = 8;

/**
 * A segment (a window start in epoch milliseconds, 0 to 2^53-1) as eight bytes of seven bits, greatest first. Seven bits keep the result
 * ASCII, so that changelog batches of ASCII keys stay text, and byte order stays number order.
 */
export function encodeSegment(segment: number): ByteString {
  let high = Math.floor(segment / 0x1000_0000);
  let low = segment % 0x1000_0000;
  const codes = [0, 0, 0, 0, 0, 0, 0, 0];
  for (let index = 7; index >= 4; index--) {
    codes[index] = low & 0x7f;
    low >>>= 7;
  }
  for (let index = 3; index >= 0; index--) {
    codes[index] = high & 0x7f;
    high >>>= 7;
  }
  return String.fromCharCode(...codes);
}

/** The same eight bytes, written at the start of `view`. */
export function writeSegment(segment: number, view: DataView): void {
  let high = Math.floor(segment / 0x1000_0000);
  let low = segment % 0x1000_0000;
  for (let index = 7; index >= 4; index--) {
    view.setUint8(index, low & 0x7f);
    low >>>= 7;
  }
  for (let index = 3; index >= 0; index--) {
    view.setUint8(index, high & 0x7f);
    high >>>= 7;
  }
}

/**
 * A number (0 to 2^53-1) that follows a key in an address, such as a window's start: the same eight bytes, so that the addresses of a key
 * lie in the order of the numbers.
 */
export const numberBytes = encodeSegment;

export function decodeSegment(text: ByteString, at = 0): number {
  let segment = 0;
  for (let index = 0; index < segmentBytes; index++) segment = segment * 128 + text.charCodeAt(at + index);
  return segment;
}

/** Segment and key in one byte string whose order is the order of addresses; the key of changelog records and of disk tables. */
export function encodeAddress(address: StoreAddress): ByteString {
  return encodeSegment(address.segment) + address.key;
}

export function decodeAddress(text: ByteString): StoreAddress {
  return { segment: decodeSegment(text), key: text.slice(segmentBytes) };
}
