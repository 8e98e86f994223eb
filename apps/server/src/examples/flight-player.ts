import { type Append, type Log, type ProducedRecord, partitionFor } from '@millrace/engine';
import type { Logger } from '../logger.ts';
import type { FlightLaps } from './flight-laps.ts';
import { keyedAppends } from './keyed-append.ts';

const stepMs = 100;
const retryMs = 2_000;
const fillStep = 1_000;

/**
 * Appends the flights, lap after lap, in the order of their dates. All partitions of a step go into one append where that takes no offsets of
 * its own, so that a reader never sees one partition ahead of the others; elsewhere each partition gets an append. The topic itself says
 * where the player stands: each partition has as many of its flights as its end says. After a crash at any moment the next flight of each
 * is exactly the one that is missing. Nothing else writes to the topic.
 */
export class FlightPlayer {
  readonly #log: Log;
  readonly #topic: string;
  readonly #laps: FlightLaps;
  readonly #perSecond: number;
  readonly #logger: Logger;
  readonly #hasDenseOffsets: boolean;
  /** The number of the next flight; null when the topic has to be asked. */
  #next: number | null = null;
  /** How many flights each partition has beyond those before the next one: a step before was cut short. */
  #ahead: number[] = [];
  #timer: NodeJS.Timeout | null = null;
  #step: Promise<void> = Promise.resolve();
  #stopped = false;

  /** @param parts.perSecond flights a second; 0 does not play */
  constructor(parts: {
    readonly log: Log;
    readonly topic: string;
    readonly laps: FlightLaps;
    readonly perSecond: number;
    readonly logger: Logger;
    readonly hasDenseOffsets: boolean;
  }) {
    this.#log = parts.log;
    this.#topic = parts.topic;
    this.#laps = parts.laps;
    this.#perSecond = parts.perSecond;
    this.#logger = parts.logger;
    this.#hasDenseOffsets = parts.hasDenseOffsets;
  }

  /** Brings the topic to one whole lap, unless it has one; the topic must exist. */
  async fill(): Promise<void> {
    for (;;) {
      const missing = this.#laps.length - (await this.#position());
      if (missing <= 0 || this.#stopped) return;
      await this.#append(Math.min(fillStep, missing));
    }
  }

  /** Plays on from where the topic ends. */
  play(): void {
    if (this.#perSecond === 0 || this.#stopped) return;
    let owed = 0;
    let last = performance.now();
    const step = async (): Promise<void> => {
      const now = performance.now();
      // After a pause of the machine the player goes on at its speed; it does not make up for the pause.
      owed += (Math.min(now - last, 1_000) / 1_000) * this.#perSecond;
      last = now;
      const count = Math.floor(owed);
      owed -= count;
      if (count > 0) await this.#append(count);
    };
    const schedule = (waitMs: number): void => {
      if (this.#stopped) return;
      this.#timer = setTimeout(() => {
        this.#step = step().then(
          () => schedule(stepMs),
          (error: unknown) => {
            this.#logger.error({ err: error, topic: this.#topic }, 'the flights could not be appended; trying again');
            schedule(retryMs);
          },
        );
      }, waitMs);
    };
    schedule(stepMs);
  }

  /** Ends after the append under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#step;
  }

  async #position(): Promise<number> {
    if (this.#next !== null) return this.#next;
    const topic = (await this.#log.topics()).find((candidate) => candidate.name === this.#topic);
    if (topic === undefined) throw new Error(`The topic ${this.#topic} is gone.`);
    this.#next = this.#laps.placeAfter(topic.endOffsets);
    const before = this.#laps.countsBefore(this.#next, topic.partitions);
    this.#ahead = topic.endOffsets.map((end, partition) => end - (before[partition] ?? 0));
    return this.#next;
  }

  async #append(count: number): Promise<void> {
    const from = await this.#position();
    const flights: ProducedRecord[] = [];
    let taken = 0;
    for (let number = from; number < from + count; number++) {
      const flight = this.#laps.flight(number);
      if (flight === null) {
        this.#stopped = true;
        this.#logger.warn(
          { topic: this.#topic },
          'the flights have reached the year 9999 and stop; start on a new data directory',
        );
        break;
      }
      taken++;
      const partition = flight.key === null ? 0 : partitionFor(flight.key, this.#ahead.length);
      const ahead = this.#ahead[partition] ?? 0;
      if (ahead > 0) this.#ahead[partition] = ahead - 1;
      else flights.push(flight);
    }
    // Whether an append that fails took effect, the topic knows.
    this.#next = null;
    if (flights.length > 0) await this.#write(keyedAppends(this.#topic, this.#ahead.length, flights));
    this.#next = from + taken;
  }

  async #write(appends: readonly Append[]): Promise<void> {
    if (this.#hasDenseOffsets) await this.#log.append(appends);
    else {
      const written = await Promise.allSettled(appends.map((append) => this.#log.append([append])));
      // Whoever asks the topic where it stands must not come before the last of them.
      for (const outcome of written) if (outcome.status === 'rejected') throw outcome.reason;
    }
  }
}
