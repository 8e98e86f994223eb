import type { Random } from './random.ts';

/** What becomes of one commit on its way to the log and back. */
export type CommitFate =
  /** It arrives and is answered, each after a while. */
  | 'answered'
  /** It takes effect, and nobody hears of it. */
  | 'answer lost'
  /** It never arrives, and nobody hears of it. */
  | 'request lost'
  /** It is given up as lost, and arrives afterwards. */
  | 'arrives late';

/** How well the network works. `share` of the commits meet with something; 0 is calm. */
export class Weather {
  readonly #random: Random;
  #share: number;

  constructor(random: Random, share: number) {
    this.#random = random;
    this.#share = share;
  }

  calmDown(): void {
    this.#share = 0;
  }

  commitFate(): CommitFate {
    if (this.#share === 0 || !this.#random.chance(this.#share)) return 'answered';
    return this.#random.pick(['answer lost', 'request lost', 'arrives late'] as const);
  }

  /** How long something takes: mostly a little, now and then long. */
  delayMs(): number {
    if (this.#share > 0 && this.#random.chance(0.05)) return this.#random.int(20, 200);
    return this.#random.int(0, 5);
  }

  maxBytesPerPartition(): number {
    return this.#random.pick([1, 1, 200, 1000, 100_000]);
  }
}
