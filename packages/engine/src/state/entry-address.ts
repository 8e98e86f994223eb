import type { ByteString } from '../log/byte-string.ts';
import type { Window } from '../runtime/stream-record.ts';
import type { StoreSpec } from '../topology/topology.ts';
import { decodeSegment, segmentBytes } from './store-address.ts';

/** What an address of a store stands for: the key's bytes, and the numbers around it by name. */
export interface EntryAddress {
  readonly key: ByteString;
  readonly numbers: { readonly [name: string]: number };
}

/** The address taken apart as its store has put it together; undefined for one that is too short to be of this store. */
export function readAddress(spec: StoreSpec, address: ByteString): EntryAddress | undefined {
  const prefix = spec.prefix ?? [];
  const { suffix } = spec;
  const start = prefix.length * segmentBytes;
  const end = address.length - suffix.length * segmentBytes;
  if (end < start) return undefined;
  const numbers: { [name: string]: number } = {};
  for (const [index, name] of prefix.entries()) numbers[name] = decodeSegment(address, index * segmentBytes);
  for (const [index, name] of suffix.entries()) numbers[name] = decodeSegment(address, end + index * segmentBytes);
  return { key: address.slice(start, end), numbers };
}

/**
 * The window that an entry belongs to; null where it belongs to none. A window's start stands in the address or is its segment; its end
 * stands in the address, or follows from the length of the store's windows. Windows of a store that names neither are sessions, whose end
 * is the entry's timestamp.
 */
export function windowOf(
  spec: StoreSpec,
  numbers: EntryAddress['numbers'],
  segment: number,
  timestamp: number,
): Window | null {
  const { start: ownStart, end: ownEnd } = numbers;
  const hasSegmentPerWindow = spec.kind === 'window' && isAddressedByWindow(spec);
  const start = ownStart ?? (hasSegmentPerWindow ? segment : undefined);
  if (start === undefined) return null;
  return { start, end: ownEnd ?? windowEnd(spec, start) ?? timestamp };
}

/** The end of a window of a store whose windows have one length; null of others. */
export function windowEnd({ windowSizeMs, firstWindowEnd }: StoreSpec, start: number): number | null {
  if (windowSizeMs === null) return null;
  return start === 0 && firstWindowEnd !== undefined ? firstWindowEnd : start + windowSizeMs;
}

/** Whether each segment of a window store is a window's start, and not a span of time that many entries share. */
export function isAddressedByWindow(spec: StoreSpec): boolean {
  const names = [...(spec.prefix ?? []), ...spec.suffix];
  return spec.kind === 'window' && names.every((name) => name === 'end');
}
