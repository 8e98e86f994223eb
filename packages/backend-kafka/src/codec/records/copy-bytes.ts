/** A call into the platform, and the part that it needs made, cost more than to copy this much four bytes at a time. */
const shortBytes = 256;

/** Copies bytes between two arrays, each with a view of the same bytes. */
export function copyBytes(
  from: Uint8Array,
  fromView: DataView,
  start: number,
  to: Uint8Array,
  toView: DataView,
  at: number,
  length: number,
): void {
  if (length > shortBytes) {
    to.set(from.subarray(start, start + length), at);
    return;
  }
  let index = 0;
  for (const last = length - 4; index <= last; index += 4) {
    toView.setInt32(at + index, fromView.getInt32(start + index, true), true);
  }
  for (; index < length; index++) to[at + index] = from[start + index] as number;
}
