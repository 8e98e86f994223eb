/** The variant of MurmurHash2 by which Kafka finds the partition of a key: seed 0x9747b28c, a signed 32-bit number, as in Java. */
export function murmur2(bytes: Uint8Array): number {
  const { length } = bytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  const multiplier = 0x5bd1e995;
  const rest = length & ~3;
  let hash = 0x9747b28c ^ length;
  for (let at = 0; at < rest; at += 4) {
    let block = Math.imul(view.getInt32(at, true), multiplier);
    block = Math.imul(block ^ (block >>> 24), multiplier);
    hash = Math.imul(hash, multiplier) ^ block;
  }
  for (let at = length - 1; at >= rest; at--) hash ^= (bytes[at] as number) << ((at - rest) * 8);
  if (rest < length) hash = Math.imul(hash, multiplier);
  hash = Math.imul(hash ^ (hash >>> 13), multiplier);
  return hash ^ (hash >>> 15);
}
