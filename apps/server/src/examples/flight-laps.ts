import { encodeKey, type ProducedRecord, parseTimestamp, partitionFor } from '@millrace/engine';
import type { RecordedLine } from './recorded-topic.ts';

const dayMs = 86_400_000;
/** Dates have four digits for the year. */
const lastYear = 9999;

/**
 * An endless sequence made of a recorded one: flight `n` of it is flight `n mod length` of lap `n div length`, and each lap is moved on in
 * time by the span of the recording. The span is whole days, so that a flight keeps its time of day and laps never overlap.
 */
export class FlightLaps {
  readonly #lines: readonly RecordedLine[];
  readonly #times: readonly number[];
  readonly #spanMs: number;

  /** @param lines in order of their field `date` */
  constructor(lines: readonly RecordedLine[]) {
    this.#lines = lines;
    this.#times = lines.map((line) => {
      const time = typeof line.value.date === 'string' ? parseTimestamp(line.value.date) : null;
      if (time === null) throw new Error(`A flight has the date ${JSON.stringify(line.value.date)}.`);
      return time;
    });
    const first = this.#times[0] ?? 0;
    const last = this.#times.at(-1) ?? 0;
    this.#spanMs = (Math.floor((last - first) / dayMs) + 1) * dayMs;
  }

  get length(): number {
    return this.#lines.length;
  }

  /** Of the flights before this one, how many go to each partition. */
  countsBefore(number: number, partitions: number): readonly number[] {
    const places = this.#placesOf(partitions);
    const laps = Math.floor(number / this.#lines.length);
    const counts = new Array<number>(partitions).fill(0);
    for (const [index, partition] of places.entries()) {
      counts[partition] = (counts[partition] ?? 0) + laps + (index < number % this.#lines.length ? 1 : 0);
    }
    return counts;
  }

  /** The first flight that is not there, where each partition has as many of its flights as its end says. */
  placeAfter(ends: readonly number[]): number {
    const places = this.#placesOf(ends.length);
    const perLap = this.countsBefore(this.#lines.length, ends.length);
    // Whole laps that every partition with flights has.
    const laps = Math.min(
      ...perLap.flatMap((count, partition) => (count === 0 ? [] : [Math.floor((ends[partition] ?? 0) / count)])),
    );
    const rest = ends.map((end, partition) => end - laps * (perLap[partition] ?? 0));
    const first = places.findIndex((partition) => {
      const left = (rest[partition] ?? 0) - 1;
      rest[partition] = left;
      return left < 0;
    });
    return laps * this.#lines.length + first;
  }

  /** The partition of each flight of a lap. */
  #placesOf(partitions: number): readonly number[] {
    return this.#lines.map(({ key }) => partitionFor(encodeKey('string', key), partitions));
  }

  /** Null after the last year that a date can hold. */
  flight(number: number): ProducedRecord | null {
    const index = number % this.#lines.length;
    const line = this.#lines[index];
    const time = this.#times[index];
    if (line === undefined || time === undefined) return null;
    const timestamp = time + Math.floor(number / this.#lines.length) * this.#spanMs;
    if (new Date(timestamp).getUTCFullYear() > lastYear) return null;
    const value = { ...line.value, date: formatDate(timestamp) };
    return { key: encodeKey('string', line.key), value: JSON.stringify(value), timestamp };
  }
}

/** As the recording writes it: `2001/01/31 05:04`, UTC. */
function formatDate(time: number): string {
  return new Date(time).toISOString().slice(0, 16).replaceAll('-', '/').replace('T', ' ');
}
