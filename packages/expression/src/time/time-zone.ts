const dayMs = 86_400_000;
/** The last day that all clocks can show; the offset of this time stands for later ones. */
const lastDayMs = 8.64e15 - 2 * dayMs;
/** The start of the year 1. Formatters write earlier years without a sign; the offset of this time stands for them. */
const yearOneMs = -62_135_596_800_000;

/** Days whose offsets one zone remembers. A stream's records lie close together in time. */
const daysMax = 512;
/** Names that are remembered; there are some six hundred zones, in any mixture of capital and small letters. */
const namesMax = 1024;

/** The rules of one zone, looked up from the platform's data and remembered by day. */
export abstract class TimeZone {
  /** Milliseconds that clocks there are ahead of UTC at a time. */
  abstract offsetMs(epochMs: number): number;

  /** What a clock there shows, as if it were UTC. */
  localMs(epochMs: number): number {
    return epochMs + this.offsetMs(epochMs);
  }

  /**
   * The time at which a clock there shows that. Of two such times, when the clocks are set back, the first; for one that is skipped, when
   * they are set forward, as much later as they are set forward.
   */
  epochMs(localMs: number): number {
    const before = this.offsetMs(localMs - dayMs);
    if (this.offsetMs(localMs - before) === before) return localMs - before;
    const after = this.offsetMs(localMs + dayMs);
    return this.offsetMs(localMs - after) === after ? localMs - after : localMs - before;
  }
}

class FixedZone extends TimeZone {
  readonly #offsetMs: number;

  constructor(offsetMs: number) {
    super();
    this.#offsetMs = offsetMs;
  }

  override offsetMs(): number {
    return this.#offsetMs;
  }
}

/** What is known of one day, counted from 1970 in UTC: the offset at its start, and the change within it if there is one. */
interface ZoneDay {
  readonly offsetMs: number;
  readonly changesAtMs: number;
  readonly offsetAfterMs: number;
}

class RegionZone extends TimeZone {
  readonly #formatter: Intl.DateTimeFormat;
  readonly #days = new Map<number, ZoneDay>();
  #lastNumber = Number.NaN;
  #last: ZoneDay | undefined;

  constructor(formatter: Intl.DateTimeFormat) {
    super();
    this.#formatter = formatter;
  }

  override offsetMs(epochMs: number): number {
    if (Number.isNaN(epochMs)) return epochMs;
    const number = Math.floor(epochMs / dayMs);
    const day = number === this.#lastNumber && this.#last !== undefined ? this.#last : this.#day(number);
    return epochMs < day.changesAtMs ? day.offsetMs : day.offsetAfterMs;
  }

  #day(number: number): ZoneDay {
    let day = this.#days.get(number);
    if (day === undefined) {
      if (this.#days.size >= daysMax) this.#days.clear();
      day = this.#look(number);
      this.#days.set(number, day);
    }
    this.#lastNumber = number;
    this.#last = day;
    return day;
  }

  /** No zone has changed its offset twice in one day. */
  #look(number: number): ZoneDay {
    const start = number * dayMs;
    const offsetMs = this.#formattedOffsetMs(start);
    const offsetAfterMs = this.#formattedOffsetMs(start + dayMs);
    if (offsetMs === offsetAfterMs) return { offsetMs, offsetAfterMs, changesAtMs: Number.POSITIVE_INFINITY };
    let [low, high] = [start, start + dayMs];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.#formattedOffsetMs(middle) === offsetMs) low = middle;
      else high = middle;
    }
    return { offsetMs, offsetAfterMs, changesAtMs: high };
  }

  #formattedOffsetMs(epochMs: number): number {
    // Offsets are whole seconds, and the formatter shows no smaller part.
    const time = Math.floor(Math.max(yearOneMs, Math.min(epochMs, lastDayMs)) / 1000) * 1000;
    const parts = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0 };
    for (const { type, value } of this.#formatter.formatToParts(time)) {
      if (Object.hasOwn(parts, type)) parts[type as keyof typeof parts] = Number(value);
    }
    const local = new Date(0);
    local.setUTCFullYear(parts.year, parts.month - 1, parts.day);
    local.setUTCHours(parts.hour, parts.minute, parts.second);
    return local.getTime() - time;
  }
}

const utc = new FixedZone(0);
const zonesByName = new Map<string, TimeZone>();
/** By their names in small letters. As many as the platform's data has; making one is too slow to do twice. */
const regions = new Map<string, RegionZone>();

/** `Area/Place`, as the names of zones are; short ones such as EST mean different things to different people. */
const regionName = /^[A-Za-z]+(?:\/[A-Za-z0-9_+-]+){1,2}$/;
const offsetName = /^([+-])(\d{2}):(\d{2})$/;

/** The zone of a name: `UTC`, an IANA name such as `Europe/Berlin`, or an offset such as `+02:00`. Undefined when there is none. */
export function timeZoneNamed(name: string): TimeZone | undefined {
  if (name === 'UTC') return utc;
  const known = zonesByName.get(name);
  if (known !== undefined) return known;
  const zone = fixedZone(name) ?? regionZone(name);
  if (zonesByName.size >= namesMax) zonesByName.clear();
  if (zone !== undefined) zonesByName.set(name, zone);
  return zone;
}

function fixedZone(name: string): FixedZone | undefined {
  const [found, sign, hours, minutes] = offsetName.exec(name) ?? [];
  if (found === undefined || Number(hours) > 23 || Number(minutes) > 59) return undefined;
  return new FixedZone((sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000);
}

function regionZone(name: string): RegionZone | undefined {
  if (name.length > 64 || !regionName.test(name)) return undefined;
  const key = name.toLowerCase();
  let zone = regions.get(key);
  if (zone === undefined) {
    const formatter = formatterIn(key);
    if (formatter === undefined) return undefined;
    zone = new RegionZone(formatter);
    regions.set(key, zone);
  }
  return zone;
}

function formatterIn(timeZone: string): Intl.DateTimeFormat | undefined {
  const digits = '2-digit';
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: digits,
      day: digits,
      hour: digits,
      minute: digits,
      second: digits,
    });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Whether there is a time zone of that name: `UTC`, an IANA name such as `Europe/Berlin`, or an offset such as `+02:00`. */
export function isTimeZone(name: string): boolean {
  return timeZoneNamed(name) !== undefined;
}

/**
 * Milliseconds that clocks in the zone are ahead of UTC at a time (epoch milliseconds). Quick enough to ask for each record.
 * @throws RangeError when there is no such zone; ask {@link isTimeZone} first
 */
export function zoneOffsetMs(zone: string, epochMs: number): number {
  const found = timeZoneNamed(zone);
  if (found === undefined) throw new RangeError(`${zone} is not a time zone.`);
  return found.offsetMs(epochMs);
}
