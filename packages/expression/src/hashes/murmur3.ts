const mask = 0xffff_ffff_ffff_ffffn;
const first = 0x87c3_7b91_1142_53d5n;
const second = 0x4cf5_ad43_2745_937fn;

const rotated = (value: bigint, bits: bigint): bigint => ((value << bits) | (value >> (64n - bits))) & mask;

function mixed(value: bigint): bigint {
  let hash = value;
  hash = ((hash ^ (hash >> 33n)) * 0xff51_afd7_ed55_8ccdn) & mask;
  hash = ((hash ^ (hash >> 33n)) * 0xc4ce_b9fe_1a85_ec53n) & mask;
  return hash ^ (hash >> 33n);
}

const scrambledLow = (block: bigint): bigint => (rotated((block * first) & mask, 31n) * second) & mask;
const scrambledHigh = (block: bigint): bigint => (rotated((block * second) & mask, 33n) * first) & mask;

/** MurmurHash3, 128 bits for 64-bit machines, seed 0, as 32 hexadecimal digits: the first half, then the second. */
export function murmur3(bytes: Uint8Array): string {
  const { length } = bytes;
  const rest = length & ~15;
  // Zeros behind the last bytes change nothing: what is left over is hashed as a block that is not mixed in.
  const padded = new Uint8Array(rest + 16);
  padded.set(bytes);
  const view = new DataView(padded.buffer);
  let low = 0n;
  let high = 0n;
  for (let at = 0; at < rest; at += 16) {
    low ^= scrambledLow(view.getBigUint64(at, true));
    low = ((rotated(low, 27n) + high) * 5n + 0x52dc_e729n) & mask;
    high ^= scrambledHigh(view.getBigUint64(at + 8, true));
    high = ((rotated(high, 31n) + low) * 5n + 0x3849_5ab5n) & mask;
  }
  low ^= scrambledLow(view.getBigUint64(rest, true)) ^ BigInt(length);
  high ^= scrambledHigh(view.getBigUint64(rest + 8, true)) ^ BigInt(length);
  low = (low + high) & mask;
  high = (high + low) & mask;
  [low, high] = [mixed(low), mixed(high)];
  low = (low + high) & mask;
  high = (high + low) & mask;
  return low.toString(16).padStart(16, '0') + high.toString(16).padStart(16, '0');
}
