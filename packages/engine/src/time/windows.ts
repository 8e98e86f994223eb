import { zoneOffsetMs } from '@millrace/expression';
import type { Window } from '../runtime/stream-record.ts';

const dayMs = 24 * 60 * 60 * 1000;
/** Dates go no further. */
const latestDate = 8.64e15;

/** How event time is cut into windows of one length, one beginning every `advanceMs`. The end of a window is exclusive. */
export interface TimeWindowSettings {
  readonly sizeMs: number;
  /** Tumbling windows advance by their size; hopping windows by less, so that they overlap. */
  readonly advanceMs: number;
  /** Moves all windows: without it, one begins with the year 1970. */
  readonly offsetMs?: number | undefined;
  /**
   * Windows of whole days that begin at a time of day in this zone, and so are longer or shorter where clocks change. Empty or absent: UTC.
   */
  readonly timeZone?: string | undefined;
}

/** The windows of some settings. None begins before 1970: the one that would reach over begins with it. */
export interface TimeWindows {
  /** The windows that a time (epoch milliseconds) lies in, by their start. */
  at(timestamp: number): readonly Window[];
  /** The end of the window that begins at `start`. */
  endOf(start: number): number;
}

export function timeWindows(settings: TimeWindowSettings): TimeWindows {
  const zone = settings.timeZone ?? '';
  return zone === '' || zone === 'UTC' ? new EvenWindows(settings) : new ZonedWindows(settings, zone);
}

/** The windows that a time lies in, for settings as conformance cases write them. */
export function windowsFor(
  settings: { readonly type: 'tumbling' | 'hopping'; readonly sizeMs: number; readonly advanceMs?: number | undefined },
  timestamp: number,
): readonly Window[] {
  const advanceMs = settings.type === 'hopping' ? (settings.advanceMs ?? settings.sizeMs) : settings.sizeMs;
  return timeWindows({ sizeMs: settings.sizeMs, advanceMs }).at(timestamp);
}

/** Windows of equal length. */
class EvenWindows implements TimeWindows {
  readonly #sizeMs: number;
  readonly #advanceMs: number;
  /** Where the first window begins that lies in 1970 or later whole; less than the advance. */
  readonly #offsetMs: number;
  /** Tumbling windows are asked for in long runs of the same one. */
  #last: readonly [Window] = [{ start: 0, end: 0 }];

  constructor({ sizeMs, advanceMs, offsetMs }: TimeWindowSettings) {
    this.#sizeMs = sizeMs;
    this.#advanceMs = advanceMs;
    this.#offsetMs = within(offsetMs ?? 0, advanceMs);
  }

  at(timestamp: number): readonly Window[] {
    const last = this.#last[0];
    if (timestamp >= last.start && timestamp < last.end) return this.#last;
    const sizeMs = this.#sizeMs;
    const advanceMs = this.#advanceMs;
    const sinceLatest = within(timestamp - this.#offsetMs, advanceMs);
    const latest = timestamp - sinceLatest;
    if (sizeMs === advanceMs && latest >= 0) {
      this.#last = [{ start: latest, end: latest + sizeMs }];
      return this.#last;
    }
    const windows: Window[] = [];
    const count = Math.ceil((sizeMs - sinceLatest) / advanceMs);
    for (let start = latest - (count - 1) * advanceMs; start <= latest; start += advanceMs) {
      if (start > -advanceMs) windows.push({ start: Math.max(0, start), end: start + sizeMs });
    }
    return windows;
  }

  endOf(start: number): number {
    const isCut = start === 0 && this.#offsetMs > 0;
    return isCut ? this.#offsetMs - this.#advanceMs + this.#sizeMs : start + this.#sizeMs;
  }
}

/** Windows of whole days by the clocks of a zone. Windows are counted by the local time at which they begin. */
class ZonedWindows implements TimeWindows {
  readonly #zone: string;
  readonly #sizeMs: number;
  readonly #advanceMs: number;
  readonly #offsetMs: number;
  /** The last answer, where windows do not overlap: most records lie in the window of the one before. */
  #last: readonly Window[] = [];

  constructor({ sizeMs, advanceMs, offsetMs }: TimeWindowSettings, zone: string) {
    this.#zone = zone;
    this.#sizeMs = sizeMs;
    this.#advanceMs = advanceMs;
    this.#offsetMs = within(offsetMs ?? 0, advanceMs);
  }

  at(timestamp: number): readonly Window[] {
    const [last] = this.#last;
    if (last !== undefined && timestamp >= last.start && timestamp < last.end) return this.#last;
    const windows: Window[] = [];
    for (let index = this.#latestAt(timestamp); ; index--) {
      const start = this.#startOf(index);
      const end = this.#end(index);
      if (end <= timestamp) break;
      const next = this.#startOf(index + 1);
      // A day that the zone left out begins with the next one; and one window reaches into 1970.
      if (next > start && next > 0) windows.unshift({ start: Math.max(0, start), end });
      if (start <= 0) break;
    }
    if (this.#sizeMs === this.#advanceMs) this.#last = windows;
    return windows;
  }

  endOf(start: number): number {
    return this.#end(this.#latestAt(start));
  }

  /** The latest window that has begun. */
  #latestAt(timestamp: number): number {
    const local = timestamp + this.#offsetAt(timestamp);
    let index = Math.floor((local - this.#offsetMs) / this.#advanceMs);
    while (this.#startOf(index + 1) <= timestamp) index++;
    while (this.#startOf(index) > timestamp) index--;
    return index;
  }

  #startOf(index: number): number {
    return this.#fromLocal(index * this.#advanceMs + this.#offsetMs);
  }

  #end(index: number): number {
    return this.#fromLocal(index * this.#advanceMs + this.#offsetMs + this.#sizeMs);
  }

  /**
   * When the zone's clocks show a local time (as if it were UTC): the first time of two where clocks were set back, and as much later as they
   * were set forward where they leapt over it.
   */
  #fromLocal(local: number): number {
    const before = this.#offsetAt(local - dayMs);
    const first = local - before;
    if (this.#offsetAt(first) === before) return first;
    const after = this.#offsetAt(local + dayMs);
    const second = local - after;
    return this.#offsetAt(second) === after ? second : first;
  }

  #offsetAt(timestamp: number): number {
    return zoneOffsetMs(this.#zone, Math.min(timestamp, latestDate));
  }
}

/** The remainder, never negative. */
function within(value: number, lengthMs: number): number {
  const rest = value % lengthMs;
  return rest < 0 ? rest + lengthMs : rest === 0 ? 0 : rest;
}
