import type { PatternMatch } from './pattern.ts';

/** A replacement text in pieces: plain text, or the number of a group. */
export type ReplacementPart = string | number;

const reference = /\$(?:\$|&|(\d{1,2})|<([^>]*)>)/g;

/**
 * Reads a replacement: `$1` and `$<name>` stand for groups, `$&` for the whole match, `$$` for a dollar sign. Any other dollar sign is one.
 * Gives the reference that names no group as `{ unknown }`.
 */
export function parseReplacement(
  by: string,
  groupCount: number,
  groupNames: ReadonlyMap<string, number>,
): readonly ReplacementPart[] | { readonly unknown: string } {
  const parts: ReplacementPart[] = [];
  let at = 0;
  for (const found of by.matchAll(reference)) {
    parts.push(by.slice(at, found.index));
    at = found.index + found[0].length;
    if (found[0] === '$$') {
      parts.push('$');
      continue;
    }
    const group = found[0] === '$&' ? 0 : found[1] === undefined ? groupNames.get(found[2] ?? '') : Number(found[1]);
    if (group === undefined || group > groupCount) return { unknown: found[0] };
    parts.push(group);
  }
  parts.push(by.slice(at));
  return parts.filter((part) => part !== '');
}

/** What stands in place of a match. A group that took no part in it is nothing. */
export function replacementOf(match: PatternMatch, parts: readonly ReplacementPart[]): string {
  let text = '';
  for (const part of parts) text += typeof part === 'string' ? part : (match.groups[part] ?? '');
  return text;
}

/** The length of that text. */
export function replacementLength(match: PatternMatch, parts: readonly ReplacementPart[]): number {
  let length = 0;
  for (const part of parts) length += (typeof part === 'string' ? part : (match.groups[part] ?? '')).length;
  return length;
}
