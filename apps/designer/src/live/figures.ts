/**
 * Numbers and times as the screen writes them. On the canvas three significant figures (`4,820`, `48.2 k`, `2.23 M`), exact in panels;
 * unknown is `–`, never 0. Times are UTC.
 */
export const unknownFigure = '–';

const grouping = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** Exact, with thousands parted: `2,225,441`. */
export function exact(value: number | null | undefined): string {
  return value === null || value === undefined || !Number.isFinite(value) ? unknownFigure : grouping.format(value);
}

const scales = [
  { at: 1e12, unit: 'T' },
  { at: 1e9, unit: 'G' },
  { at: 1e6, unit: 'M' },
  { at: 1e4, unit: 'k', by: 1e3 },
] as const satisfies readonly { at: number; unit: string; by?: number }[];

/** Three significant figures; counts below 10,000 are short enough to stand as they are: `0.40`, `12.4`, `3,376`, `48.2 k`, `2.23 M`. */
export function compact(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return unknownFigure;
  const size = Math.abs(value);
  // 9,995 and more round to 10,000, which is written 10.0 k.
  for (const scale of scales) {
    if (size >= scale.at * 0.9995) return `${three(value / ('by' in scale ? scale.by : scale.at))} ${scale.unit}`;
  }
  if (Number.isInteger(value)) return grouping.format(value);
  return size >= 1000 ? grouping.format(Math.round(value / 10) * 10) : three(value);
}

function three(value: number): string {
  const size = Math.abs(value);
  if (size >= 99.95) return value.toFixed(0);
  if (size >= 9.995) return value.toFixed(1);
  if (size >= 0.9995) return value.toFixed(2);
  return size < 0.005 ? '0' : value.toFixed(2);
}

/** Records a second on the canvas, three significant figures; below 100 always one place, so that the width stays: `4,820`, `24.0`. */
export function rateFigure(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return unknownFigure;
  if (value < 0.05) return '0';
  if (value < 99.95) return value.toFixed(1);
  const whole = Math.round(value);
  return compact(whole < 1000 || whole >= 10_000 ? whole : Math.round(whole / 10) * 10);
}

/** A part of a whole as whole per cent; what is not all is never shown as 100 %, what is not nothing never as 0 %. */
export function percent(share: number | null | undefined): string {
  if (share === null || share === undefined || !Number.isFinite(share)) return unknownFigure;
  if (share <= 0) return '0 %';
  if (share >= 1) return '100 %';
  return `${Math.min(99, Math.max(1, Math.round(share * 100)))} %`;
}

const byteUnits = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

export function bytes(size: number | null | undefined): string {
  if (size === null || size === undefined || !Number.isFinite(size)) return unknownFigure;
  let value = size;
  let unit = 0;
  while (value >= 999.5 && unit < byteUnits.length - 1) {
    value /= 1000;
    unit++;
  }
  const text = unit === 0 || value >= 99.95 ? value.toFixed(0) : value.toFixed(1);
  return `${text} ${byteUnits[unit]}`;
}

const spans = [
  { ms: 86_400_000, unit: 'days', one: 'day' },
  { ms: 3_600_000, unit: 'h', one: 'h' },
  { ms: 60_000, unit: 'min', one: 'min' },
  { ms: 1000, unit: 's', one: 's' },
  { ms: 1, unit: 'ms', one: 'ms' },
] as const;

/** A length in the greatest unit that divides it: `1 h`, `90 min`, `250 ms`. */
export function duration(ms: number): string {
  if (!Number.isFinite(ms)) return unknownFigure;
  if (ms === 0) return '0 s';
  const span = spans.find((candidate) => Math.abs(ms) >= candidate.ms && ms % candidate.ms === 0) ?? spans[4];
  const count = ms / span.ms;
  return `${grouping.format(count)} ${count === 1 ? span.one : span.unit}`;
}

/** How long something has lasted, roughly: `8 s`, `38 min`, `3 h 12 min`, `4 days`. */
export function elapsed(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  const days = Math.floor(hours / 24);
  return days === 1 ? '1 day' : `${days} days`;
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;
const pad = (value: number): string => String(value).padStart(2, '0');

/** `14:02` in UTC. */
export function clock(ms: number): string {
  const date = new Date(ms);
  return `${pad(date.getUTCHours())}:${pad(date.getUTCMinutes())}`;
}

/** `14:02:07` in UTC. */
export function clockSeconds(ms: number): string {
  return `${clock(ms)}:${pad(new Date(ms).getUTCSeconds())}`;
}

/** `9 Feb 2001`. */
export function day(ms: number): string {
  const date = new Date(ms);
  return `${date.getUTCDate()} ${months[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
}

export function isSameDay(left: number, right: number): boolean {
  return Math.floor(left / 86_400_000) === Math.floor(right / 86_400_000);
}

/** `20:00 – 21:00`, with the days where start and end differ or a day is asked for. */
export function windowSpan(start: number, end: number): string {
  const time = start % 60_000 === 0 && end % 60_000 === 0 ? clock : clockSeconds;
  if (isSameDay(start, end - 1)) return `${time(start)} – ${end % 86_400_000 === 0 ? '24:00' : time(end)}`;
  return `${day(start)} ${time(start)} – ${day(end)} ${time(end)}`;
}

/** A value of a record in one line of JSON, cut. */
export function brief(value: unknown, maxLength = 60): string {
  const text = value === undefined ? unknownFigure : (JSON.stringify(value) ?? unknownFigure);
  return text.length > maxLength ? `${text.slice(0, maxLength - 1)}…` : text;
}

/** The key of a record; one of a windowed result as key and window: `CA, 21:00 – 22:00`. */
export function keyText(key: unknown, maxLength = 40): string {
  if (typeof key === 'object' && key !== null && 'key' in key && 'start' in key && 'end' in key) {
    const { key: inner, start, end } = key;
    if (typeof start === 'number' && typeof end === 'number') {
      return `${typeof inner === 'string' ? inner : brief(inner, maxLength)}, ${windowSpan(start, end)}`;
    }
  }
  return typeof key === 'string' ? key : brief(key, maxLength);
}
