import { sortedJson } from '../../log/key-format.ts';

/** A record that came out, or must, with all that a case may say of it. */
export interface Emission {
  readonly after: number;
  readonly sink: string;
  readonly key: unknown;
  readonly value: unknown;
  readonly ts: number | null;
  readonly window: { readonly start: number | string; readonly end: number | string } | null;
  readonly headers: { readonly [name: string]: string | null } | null;
}

/** Java's greatest long, by which cases mean for ever, as they spell it. */
const forEver = 'MAX_LONG';

/** `after input 2 → out: "a" [0, 10] = 1 @5 {"h":"1"}`; what is not compared is left out. */
export function emissionLine({ after, sink, key, value, ts, window, headers }: Emission): string {
  const parts = [`after input ${after} → ${sink}: ${shown(key)}`];
  if (window !== null) parts.push(`[${bound(window.start)}, ${bound(window.end)}]`);
  parts.push(`= ${shown(value)}`);
  if (ts !== null) parts.push(`@${ts}`);
  if (headers !== null) parts.push(`headers ${shown(headers)}`);
  return parts.join(' ');
}

/** JSON with sorted names, so that equal values read alike. */
export function shown(value: unknown): string {
  return value === undefined ? 'nothing' : sortedJson(value);
}

function bound(time: number | string): string {
  return time === Number.MAX_SAFE_INTEGER ? forEver : String(time);
}
