import { type BigIntegers, ExpressionFailure, formatPath, quoteBigIntegers, unsafeNumbers } from '@millrace/expression';

/** No place in any source: who reads for an expression puts its own in. */
const nowhere = { start: 0, end: 0 };

/**
 * The value of a JSON text. A number that cannot be held is refused, or a whole one becomes a text; nothing becomes another number.
 * @param at the names that lead to the text, from its record
 * @throws ExpressionFailure when the text has such a number
 */
export function parseExactJson(text: string, bigIntegers: BigIntegers, at: readonly string[]): unknown {
  for (const { start, end, isInteger, path } of unsafeNumbers(text)) {
    if (isInteger && bigIntegers === 'string') continue;
    throw unreadable(text.slice(start, end), isInteger, [...at, ...path]);
  }
  return JSON.parse(bigIntegers === 'string' ? quoteBigIntegers(text) : text);
}

/**
 * The same for a text that the engine itself has written, in which a sum may have grown beyond ±(2^53−1): such a number is the one that
 * was in memory, and stays it. One that came with a record and lost digits here would be written differently, and is refused.
 */
export function parseKeptJson(text: string): unknown {
  for (const { start, end, isInteger, path } of unsafeNumbers(text)) {
    const token = text.slice(start, end);
    if (String(Number(token)) !== token) throw unreadable(token, isInteger, path);
  }
  return JSON.parse(text);
}

/** Why a number cannot be read, and what helps. */
export function unreadable(token: string, isInteger: boolean, path: readonly (string | number)[]): ExpressionFailure {
  const subject = path.length === 0 ? 'The value' : `The field ${formatPath(path)}`;
  const digits = token.length > 30 ? `${token.slice(0, 30)}…` : token;
  const message = isInteger
    ? `${subject} holds ${digits}, beyond ±(2^53−1), where numbers lose digits. Set bigIntegers to "string" at the source to read such numbers as texts`
    : `${subject} holds ${digits}, which is beyond all numbers`;
  return new ExpressionFailure('range', message, nowhere);
}
