/**
 * JSON may spell numbers that no number of ours can hold: whole numbers beyond ±(2^53−1) would lose digits, others are beyond all range.
 * Reading one is refused, or it becomes a text; it never becomes another number.
 */

/** `refuse`: a whole number beyond ±(2^53−1) cannot be read. `string`: it is read as a text with its digits. */
export type BigIntegers = 'refuse' | 'string';

/** A number that cannot be held: where it stands in the text, and the path of names and places that leads to it. */
export interface UnsafeNumber {
  readonly start: number;
  readonly end: number;
  readonly isInteger: boolean;
  readonly path: readonly (string | number)[];
}

/** Only texts with so many digits in a row, or with an exponent of three digits, can hold such a number; most texts are settled here. */
const suspicious = /\d{16}|\d[eE]\+?\d{3}/;

const numberToken = /-?\d+(\.\d+)?([eE][+-]?\d+)?/y;

/** Whether a number, as JSON spells it, is one that we can hold. */
export function isSafeNumber(token: string): boolean {
  const size = Math.abs(Number(token));
  return size <= Number.MAX_SAFE_INTEGER || (size < Number.POSITIVE_INFINITY && !/^-?\d+$/.test(token));
}

/** The numbers of a JSON text that cannot be held. The text must be JSON. */
export function unsafeNumbers(text: string): readonly UnsafeNumber[] {
  if (!suspicious.test(text)) return [];
  const found: UnsafeNumber[] = [];
  /** The names or places that lead to where the walk is. */
  const path: (string | number)[] = [];
  /** The last text that was passed, which before a colon is a name. */
  let name = '';
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === '"') {
      const end = endOfString(text, at);
      name = text.slice(at, end);
      at = end - 1;
    } else if (char === ':') {
      path[path.length - 1] = name;
    } else if (char === '[' || char === '{') {
      path.push(char === '[' ? 0 : '');
    } else if (char === ']' || char === '}') {
      path.pop();
    } else if (char === ',') {
      const place = path.at(-1);
      if (typeof place === 'number') path[path.length - 1] = place + 1;
    } else if (char === '-' || (char >= '0' && char <= '9')) {
      numberToken.lastIndex = at;
      const token = numberToken.exec(text)?.[0] ?? char;
      const end = at + token.length;
      if (!isSafeNumber(token)) {
        const names = path.map((part) => (typeof part === 'string' ? (JSON.parse(part) as string) : part));
        found.push({ start: at, end, isInteger: /^-?\d+$/.test(token), path: names });
      }
      at = end - 1;
    }
  }
  return found;
}

/** The place after the quote that closes a string. */
function endOfString(text: string, open: number): number {
  for (let at = open + 1; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === '\\') at++;
    else if (char === '"') return at + 1;
  }
  return text.length;
}

/** The JSON text with whole numbers beyond ±(2^53−1) as texts. */
export function quoteBigIntegers(text: string): string {
  let quoted = '';
  let at = 0;
  for (const { start, end, isInteger } of unsafeNumbers(text)) {
    if (!isInteger) continue;
    quoted += `${text.slice(at, start)}"${text.slice(start, end)}"`;
    at = end;
  }
  return at === 0 ? text : quoted + text.slice(at);
}

/** A path as an expression writes it: `order.lines[0].id`. */
export function formatPath(path: readonly (string | number)[]): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else if (/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(part)) text += text === '' ? part : `.${part}`;
    else text += `[${JSON.stringify(part)}]`;
  }
  return text;
}
