import type { Random } from './random.ts';

/** Somebody who takes turns: a process, a client, the network. Who is dead gets no turn any more. */
export class Life {
  readonly name: string;
  isOver = false;

  constructor(name: string) {
    this.name = name;
  }
}

interface Waiting {
  readonly life: Life;
  readonly what: string;
  readonly atMs: number;
  readonly resume: () => void;
}

/** Microtasks that are let run after each turn: more than anything here chains between two waits. */
const settlingRounds = 40;
const settled = Promise.resolve();

/**
 * Decides who goes next. Everything in a simulation that takes time waits here for its turn, in virtual time; of those that are due one
 * is picked by the seed. There is no timer and nothing else to wait for, so a seed always gives the same course of events.
 */
export class Scheduler {
  nowMs = 0;
  turns = 0;
  /** What happened, one line a turn; null unless somebody wants to read it. */
  trace: string[] | null = null;
  readonly #random: Random;
  #waiting: Waiting[] = [];

  constructor(random: Random) {
    this.#random = random;
  }

  /** Settles when it is this one's turn, at the earliest after `delayMs`. Never, when the life ends before. */
  turn(life: Life, what: string, delayMs = 0): Promise<void> {
    if (life.isOver) return new Promise<void>(() => undefined);
    return new Promise((resolve) => {
      this.#waiting.push({ life, what, atMs: this.nowMs + delayMs, resume: resolve });
    });
  }

  end(life: Life): void {
    life.isOver = true;
    this.#waiting = this.#waiting.filter((waiting) => waiting.life !== life);
  }

  /** Gives one of those who wait their turn; false when nobody waits. */
  async step(): Promise<boolean> {
    if (this.#waiting.length === 0) await settle();
    if (this.#waiting.length === 0) return false;
    let due: number[] = [];
    let earliest = Number.POSITIVE_INFINITY;
    for (const { atMs } of this.#waiting) earliest = Math.min(earliest, atMs);
    if (earliest > this.nowMs) this.nowMs = earliest;
    due = this.#waiting.flatMap(({ atMs }, index) => (atMs <= this.nowMs ? [index] : []));
    const [next] = this.#waiting.splice(this.#random.pick(due), 1);
    this.turns++;
    this.nowMs += this.#random.int(0, 2);
    if (next !== undefined) {
      this.trace?.push(`${this.nowMs} ${next.life.name}: ${next.what}`);
      next.resume();
    }
    await settle();
    return true;
  }
}

async function settle(): Promise<void> {
  for (let round = 0; round < settlingRounds; round++) await settled;
}
