/**
 * Random-looking numbers that depend on nothing but a seed, a record's number and what they are for, so that any record can be made without
 * the ones before it. Those for one purpose do not change when another is added.
 */
export class Draws {
  readonly #purpose: number;
  #state = 0;

  constructor(seed: number, purpose: string) {
    let bits = mixed((seed | 0) ^ Math.imul(Math.floor(seed / twoTo32) | 0, 0x85eb_ca6b));
    for (let at = 0; at < purpose.length; at++) bits = mixed(bits ^ Math.imul(purpose.charCodeAt(at), 0x0100_0193));
    this.#purpose = bits;
  }

  /** Begins the draws for a record. */
  begin(number: number): this {
    const low = mixed(this.#purpose ^ Math.imul(number | 0, 0x9e37_79b1));
    this.#state = mixed(low ^ Math.imul(Math.floor(number / twoTo32) | 0, 0xc2b2_ae35));
    return this;
  }

  /** From 0 to 1, without 1. */
  unit(): number {
    return this.#next() / twoTo32;
  }

  /** Whether something happens that happens to a share of all records. */
  happens(share: number): boolean {
    return share > 0 && this.unit() < share;
  }

  /** A whole number from `least` to `greatest`, each as likely as the others. */
  whole(least: number, greatest: number): number {
    const span = greatest - least + 1;
    // 32 bits are too few for a wide span.
    const unit =
      span <= 0x10_0000 ? this.unit() : (this.#next() * 0x20_0000 + (this.#next() >>> 11)) / 0x20_0000_0000_0000;
    return Math.min(greatest, least + Math.floor(unit * span));
  }

  #next(): number {
    this.#state = (this.#state + 0x6d2b_79f5) | 0;
    return mixed(this.#state) >>> 0;
  }
}

const twoTo32 = 0x1_0000_0000;

/** Spreads the bits of a 32-bit number over all of them (the finisher of MurmurHash3). */
function mixed(bits: number): number {
  let hash = bits ^ (bits >>> 16);
  hash = Math.imul(hash, 0x85eb_ca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2_ae35);
  return hash ^ (hash >>> 16);
}
