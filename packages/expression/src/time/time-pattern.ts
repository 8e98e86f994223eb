import { type ClockReading, daysInMonth, localDay, readClock } from './calendar.ts';
import type { TimeZone } from './time-zone.ts';

/** A pattern such as `YYYY-MM-DD HH:mm`, taken apart. Names of months and days are English, wherever it runs. */
export type TimePattern = readonly PatternPiece[];

type PatternPiece = { readonly token: Token } | { readonly text: string };

const tokens = [
  ...['YYYY', 'MMMM', 'MMM', 'MM', 'M', 'DD', 'D', 'dddd', 'ddd', 'HH', 'H', 'hh', 'h', 'mm', 'm', 'ss', 's'],
  ...['SSSSSSSSS', 'SSSSSS', 'SSS', 'A', 'ZZ', 'Z'],
] as const;
type Token =
  | ('YYYY' | 'MMMM' | 'MMM' | 'MM' | 'M' | 'DD' | 'D' | 'dddd' | 'ddd' | 'HH' | 'H' | 'hh' | 'h' | 'mm' | 'm')
  | ('ss' | 's' | 'SSSSSSSSS' | 'SSSSSS' | 'SSS' | 'A' | 'ZZ' | 'Z');

const monthNames = 'January February March April May June July August September October November December'.split(' ');
const dayNames = 'Monday Tuesday Wednesday Thursday Friday Saturday Sunday'.split(' ');

const piece = new RegExp(`\\[([^\\]]*)\\]|(${tokens.join('|')})|T|([A-Za-z]+)|[^A-Za-z[]+|\\[`, 'g');

/** What people who know other patterns write, and what it is here. */
const hints = new Map([
  ['y', 'YYYY'],
  ['d', 'DD'],
  ['a', 'A'],
  ['E', 'ddd'],
  ['X', 'Z'],
  ['x', 'ZZ'],
  ['z', 'Z'],
  ['k', 'HH'],
]);

/** Longest pattern: more than any time needs, so that taking one apart costs nothing. */
export const timePatternLengthMax = 100;

const known = new Map<string, TimePattern>();
const knownMax = 200;

/** Takes a pattern apart. A sentence says what is wrong with one that is none. */
export function readTimePattern(pattern: string): TimePattern | string {
  const found = known.get(pattern);
  if (found !== undefined) return found;
  if (pattern.length > timePatternLengthMax) return `A time pattern has at most ${timePatternLengthMax} characters.`;
  const pieces: PatternPiece[] = [];
  for (const [whole, bracketed, token, letters] of pattern.matchAll(piece)) {
    if (token !== undefined) pieces.push({ token: token as Token });
    else if (bracketed !== undefined) pieces.push({ text: bracketed });
    else if (letters === undefined) pieces.push({ text: whole });
    else return unknownLetters(letters);
  }
  if (known.size >= knownMax) known.clear();
  known.set(pattern, pieces);
  return pieces;
}

function unknownLetters(letters: string): string {
  const hint = hints.get(letters.charAt(0));
  const help = hint === undefined ? 'Write YYYY MM DD HH mm ss SSS Z' : `Write ${hint}`;
  return `${letters} is not part of a time pattern. ${help}; put other words in [brackets].`;
}

/** Writes a time as a clock in the zone shows it. */
export function formatPattern(epochMs: number, pattern: TimePattern, zone: TimeZone): string {
  const offsetMs = zone.offsetMs(epochMs);
  const clock = readClock(epochMs + offsetMs);
  return pattern.map((part) => ('text' in part ? part.text : written(part.token, clock, offsetMs))).join('');
}

function written(token: Token, clock: ClockReading, offsetMs: number): string {
  switch (token) {
    case 'YYYY':
      return padded(clock.year, 4);
    case 'MMMM':
      return monthNames[clock.month - 1] ?? '';
    case 'MMM':
      return (monthNames[clock.month - 1] ?? '').slice(0, 3);
    case 'dddd':
      return dayNames[clock.weekday - 1] ?? '';
    case 'ddd':
      return (dayNames[clock.weekday - 1] ?? '').slice(0, 3);
    case 'MM':
    case 'M':
      return padded(clock.month, token.length);
    case 'DD':
    case 'D':
      return padded(clock.day, token.length);
    case 'HH':
    case 'H':
      return padded(clock.hour, token.length);
    case 'hh':
    case 'h':
      return padded(((clock.hour + 11) % 12) + 1, token.length);
    case 'mm':
    case 'm':
      return padded(clock.minute, token.length);
    case 'ss':
    case 's':
      return padded(clock.second, token.length);
    case 'A':
      return clock.hour < 12 ? 'AM' : 'PM';
    case 'Z':
    case 'ZZ':
      return offsetText(offsetMs, token);
    default:
      return padded(clock.millisecond, 3).padEnd(token.length, '0');
  }
}

function padded(value: number, length: number): string {
  return `${value < 0 ? '-' : ''}${String(Math.abs(value)).padStart(length, '0')}`;
}

/** `+02:00` or, without a colon, `+0200`; UTC is `Z` in the first. Offsets of old times have seconds, which are left out. */
function offsetText(offsetMs: number, token: 'Z' | 'ZZ'): string {
  if (offsetMs === 0 && token === 'Z') return 'Z';
  const minutes = Math.floor(Math.abs(offsetMs) / 60_000);
  const [hours, rest] = [padded(Math.floor(minutes / 60), 2), padded(minutes % 60, 2)];
  return `${offsetMs < 0 ? '-' : '+'}${hours}${token === 'Z' ? ':' : ''}${rest}`;
}

/** What a text must look like at a token. */
const shapes: { readonly [Name in Token]: string } = {
  YYYY: '\\d{4}',
  MMMM: monthNames.join('|'),
  MMM: monthNames.map((name) => name.slice(0, 3)).join('|'),
  dddd: dayNames.join('|'),
  ddd: dayNames.map((name) => name.slice(0, 3)).join('|'),
  ...{ MM: '\\d\\d', DD: '\\d\\d', HH: '\\d\\d', hh: '\\d\\d', mm: '\\d\\d', ss: '\\d\\d' },
  ...{ M: '\\d\\d?', D: '\\d\\d?', H: '\\d\\d?', h: '\\d\\d?', m: '\\d\\d?', s: '\\d\\d?' },
  ...{ SSS: '\\d{3}', SSSSSS: '\\d{6}', SSSSSSSSS: '\\d{9}', A: 'AM|PM' },
  ...{ Z: 'Z|[+-]\\d\\d:\\d\\d', ZZ: '[+-]\\d{4}' },
};

const shapeAt = new Map(tokens.map((token) => [token, new RegExp(shapes[token], 'iy')]));

/** Why a text is no time: it does not look like the pattern, or it is a day or time that does not exist. */
export type TimeFlaw = 'mismatch' | 'no-year' | 'impossible';

/** The time that a text spells. A text without an offset is a clock's reading in the zone. */
export function parsePattern(text: string, pattern: TimePattern, zone: TimeZone): number | TimeFlaw {
  const parts = new Map<string, string>();
  let at = 0;
  for (const part of pattern) {
    if ('text' in part) {
      if (!text.startsWith(part.text, at)) return 'mismatch';
      at += part.text.length;
      continue;
    }
    const shape = shapeAt.get(part.token);
    if (shape === undefined) return 'mismatch';
    shape.lastIndex = at;
    const [found] = shape.exec(text) ?? [];
    if (found === undefined) return 'mismatch';
    parts.set(part.token, found);
    at += found.length;
  }
  return at === text.length ? timeOf(parts, zone) : 'mismatch';
}

function timeOf(parts: ReadonlyMap<string, string>, zone: TimeZone): number | TimeFlaw {
  const year = parts.get('YYYY');
  if (year === undefined) return 'no-year';
  const [month, day] = [monthIn(parts), numberIn(parts, 1, 'DD', 'D')];
  const [hour, minute, second] = [hourIn(parts), numberIn(parts, 0, 'mm', 'm'), numberIn(parts, 0, 'ss', 's')];
  const isDay = month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(Number(year), month);
  if (!isDay || hour < 0 || hour > 23 || minute > 59 || second > 59) return 'impossible';
  const fraction = parts.get('SSSSSSSSS') ?? parts.get('SSSSSS') ?? parts.get('SSS') ?? '';
  const timeOfDay = ((hour * 60 + minute) * 60 + second) * 1000 + Number(fraction.slice(0, 3));
  const localMs = localDay(Number(year), month, day) + timeOfDay;
  const offset = parts.get('Z') ?? parts.get('ZZ');
  if (offset === undefined) return zone.epochMs(localMs);
  const offsetMs = readOffset(offset);
  return offsetMs === undefined ? 'impossible' : localMs - offsetMs;
}

function numberIn(parts: ReadonlyMap<string, string>, otherwise: number, ...names: readonly string[]): number {
  const found = names.map((name) => parts.get(name)).find((text) => text !== undefined);
  return found === undefined ? otherwise : Number(found);
}

function monthIn(parts: ReadonlyMap<string, string>): number {
  const name = (parts.get('MMMM') ?? parts.get('MMM'))?.toLowerCase();
  if (name === undefined) return numberIn(parts, 1, 'MM', 'M');
  return monthNames.findIndex((month) => month.toLowerCase().startsWith(name)) + 1;
}

/** -1 for an hour that no clock of twelve hours shows. */
function hourIn(parts: ReadonlyMap<string, string>): number {
  const half = numberIn(parts, -1, 'hh', 'h');
  if (half === -1) return numberIn(parts, 0, 'HH', 'H');
  if (half < 1 || half > 12) return -1;
  return (half % 12) + (parts.get('A')?.toUpperCase() === 'PM' ? 12 : 0);
}

/** Milliseconds of `Z`, `+02:00` or `+0200`. */
export function readOffset(text: string): number | undefined {
  if (text === 'Z' || text === 'z') return 0;
  const [hours, minutes] = [Number(text.slice(1, 3)), Number(text.slice(-2))];
  if (hours > 23 || minutes > 59) return undefined;
  return (text.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}
