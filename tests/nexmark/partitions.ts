export const partitions = 4;

/** The partition that a key goes to: murmur2 as Kafka has it, written here once more from its description. Keys are ASCII. */
export function partitionOf(key: string): number {
  const m = 0x5bd1e995;
  const bytes = [...key].map((character) => character.charCodeAt(0));
  let h = (0x9747b28c ^ bytes.length) | 0;
  let at = 0;
  for (; at + 4 <= bytes.length; at += 4) {
    let k = 0;
    for (let byte = 3; byte >= 0; byte--) k = (k << 8) | (bytes[at + byte] as number);
    k = Math.imul(k, m);
    k = Math.imul(k ^ (k >>> 24), m);
    h = Math.imul(h, m) ^ k;
  }
  if (at < bytes.length) {
    let tail = 0;
    for (let byte = bytes.length - 1; byte >= at; byte--) tail = (tail << 8) | (bytes[byte] as number);
    h = Math.imul(h ^ tail, m);
  }
  h = Math.imul(h ^ (h >>> 13), m);
  h ^= h >>> 15;
  return (h & 0x7fffffff) % partitions;
}

/** The greatest event time of each partition so far. */
export class PartitionTimes {
  readonly #times: number[] = Array.from({ length: partitions }, () => Number.NEGATIVE_INFINITY);

  /** Takes note of a record, and gives the time of its partition. */
  advance(partition: number, at: number): number {
    const time = Math.max(this.of(partition), at);
    this.#times[partition] = time;
    return time;
  }

  of(partition: number): number {
    return this.#times[partition] ?? Number.NEGATIVE_INFINITY;
  }
}
