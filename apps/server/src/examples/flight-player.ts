import type { Log, ProducedRecord } from '@millrace/engine';
import type { Logger } from '../logger.ts';
import type { FlightLaps } from './flight-laps.ts';
import { keyedAppends } from './keyed-append.ts';

const stepMs = 100;
const retryMs = 2_000;
const fillStep = 1_000;

/**
 * Appends the flights, lap after lap, in the order of their dates. All partitions of a step go into one append, so that a reader never
 * sees one partition ahead of the others, and so that the topic itself says where the player stands: the number of flights ever
 * appended is the sum of the partitions' ends. After a crash at any moment the next flight is exactly the one that is missing. Nothing
 * else writes to the topic.
 */
export class FlightPlayer {
  readonly #log: Log;
  readonly #topic: string;
  readonly #laps: FlightLaps;
  readonly #perSecond: number;
  readonly #logger: Logger;
  /** The number of the next flight; null when the topic has to be asked. */
  #next: number | null = null;
  #partitions = 0;
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
  }) {
    this.#log = parts.log;
    this.#topic = parts.topic;
    this.#laps = parts.laps;
    this.#perSecond = parts.perSecond;
    this.#logger = parts.logger;
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
            // Whether the failed append took effect, the topic knows.
            this.#next = null;
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
    this.#partitions = topic.partitions;
    this.#next = topic.endOffsets.reduce((sum, end) => sum + end, 0);
    return this.#next;
  }

  async #append(count: number): Promise<void> {
    const from = await this.#position();
    const flights: ProducedRecord[] = [];
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
      flights.push(flight);
    }
    if (flights.length === 0) return;
    await this.#log.append(keyedAppends(this.#topic, this.#partitions, flights));
    this.#next = from + flights.length;
  }
}
