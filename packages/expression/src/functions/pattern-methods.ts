import { limitArray, setField } from '../evaluation.ts';
import { stringLengthMax } from '../limits.ts';
import type { Pattern, PatternMatch } from '../patterns/pattern.ts';
import { parseReplacement, replacementLength, replacementOf } from '../patterns/replacement.ts';
import { anyObjectType, arrayOf, booleanType, nullType, numberType, stringType, unionOf } from '../value-type.ts';
import { type Call, defineTextMethod, type FunctionKind } from './function-kind.ts';

const pattern = { name: 'pattern', kind: 'pattern' } as const;

/** Characters times parts of the pattern that one step pays for when a text is walked over once, and for each match after the first. */
const workPerStep = 64;
const workPerStepAgain = 512;

function chargeWalk(call: Call, { size }: Pattern, length: number, workPer: number): void {
  call.charge(Math.ceil((length * size) / workPer));
}

/**
 * The matches in a text. Each is paid for before it is looked for: one walk is linear, but a pattern can look far ahead at each place
 * and then match little.
 */
function* paidMatches(call: Call, text: string, wanted: Pattern): Generator<PatternMatch, void> {
  chargeWalk(call, wanted, text.length, workPerStep);
  for (const match of wanted.matches(text)) {
    yield match;
    chargeWalk(call, wanted, text.length - match.end, workPerStepAgain);
    call.charge(1 + wanted.groupCount);
  }
}

function firstMatch(call: Call, text: string, wanted: Pattern): PatternMatch | undefined {
  for (const match of paidMatches(call, text, wanted)) return match;
  return undefined;
}

const groupsType = arrayOf(unionOf(stringType, nullType));

/** Methods of texts that take a regular expression. */
export const patternMethods: readonly FunctionKind[] = [
  defineTextMethod(
    {
      name: 'matches',
      signature: 'text.matches(pattern)',
      summary: 'Whether the pattern is found somewhere in the text. For the whole text write ^ and $ around it.',
      example: "'SFO-12'.matches('^[A-Z]{3}-[0-9]+$') → true",
    },
    [pattern],
    booleanType,
    (call, text, wanted) => {
      chargeWalk(call, wanted, text.length, workPerStep);
      return wanted.isIn(text);
    },
  ),
  defineTextMethod(
    {
      name: 'match',
      signature: 'text.match(pattern)',
      summary:
        'The first match: a list of the whole match and what each group caught, null for a group without a part in it. Null when there is no match.',
      example: '\'SFO-12\'.match(\'([A-Z]+)-([0-9]+)\') → ["SFO-12","SFO","12"]',
    },
    [pattern],
    unionOf(groupsType, nullType),
    (call, text, wanted) => firstMatch(call, text, wanted)?.groups ?? null,
  ),
  defineTextMethod(
    {
      name: 'matchGroups',
      signature: 'text.matchGroups(pattern)',
      summary: 'What the named groups of the first match caught, as an object by name. Null when there is no match.',
      example: '\'SFO-12\'.matchGroups(\'(?<code>[A-Z]+)-(?<gate>[0-9]+)\') → {"code":"SFO","gate":"12"}',
    },
    [pattern],
    unionOf(anyObjectType, nullType),
    (call, text, wanted) => {
      const match = firstMatch(call, text, wanted);
      if (match === undefined) return null;
      const named: Record<string, unknown> = {};
      for (const [name, group] of wanted.groupNames) setField(named, name, match.groups[group] ?? null);
      return named;
    },
  ),
  defineTextMethod(
    {
      name: 'matchAll',
      signature: 'text.matchAll(pattern)',
      summary: 'All matches from left to right, each a list as match gives it.',
      example: '\'a1 b2\'.matchAll(\'([a-z])([0-9])\') → [["a1","a","1"],["b2","b","2"]]',
    },
    [pattern],
    arrayOf(groupsType),
    (call, text, wanted) => {
      const found: unknown[] = [];
      for (const { groups } of paidMatches(call, text, wanted)) {
        limitArray(found.length + 1, call);
        found.push(groups);
      }
      return found;
    },
  ),
  defineTextMethod(
    {
      name: 'search',
      signature: 'text.search(pattern)',
      summary: 'Where the pattern is first found, from 0, or -1.',
      example: "'gate 12'.search('[0-9]') → 5",
    },
    [pattern],
    numberType,
    (call, text, wanted) => firstMatch(call, text, wanted)?.start ?? -1,
  ),
  defineTextMethod(
    {
      name: 'replacePattern',
      signature: 'text.replacePattern(pattern, by)',
      summary:
        'The text with every match replaced. In the replacement $1 or $<name> stands for a group, $& for the match, $$ for a dollar sign.',
      example: "'2001-01-31'.replacePattern('([0-9]+)-([0-9]+)-([0-9]+)', '$3.$2.$1') → \"31.01.2001\"",
    },
    [pattern, { name: 'by', kind: 'string' }],
    stringType,
    (call, text, wanted, by) => {
      call.chargeText(by.length);
      const parts = parseReplacement(by, wanted.groupCount, wanted.groupNames);
      if ('unknown' in parts) return call.fail('range', `the pattern has no group for ${parts.unknown}`);
      const pieces: string[] = [];
      let at = 0;
      let length = text.length;
      for (const match of paidMatches(call, text, wanted)) {
        const added = replacementLength(match, parts);
        length += added - (match.end - match.start);
        if (length > stringLengthMax) call.admitText(length);
        call.charge(Math.floor(parts.length / 16) + Math.floor(added / 256));
        pieces.push(text.slice(at, match.start), replacementOf(match, parts));
        at = match.end;
      }
      call.admitText(length);
      pieces.push(text.slice(at));
      return pieces.join('');
    },
  ),
  defineTextMethod(
    {
      name: 'splitPattern',
      signature: 'text.splitPattern(pattern)',
      summary: 'The parts between the matches.',
      example: '\'a, b;c\'.splitPattern(\'[,;] *\') → ["a","b","c"]',
    },
    [pattern],
    arrayOf(stringType),
    (call, text, wanted) => {
      const parts: string[] = [];
      let at = 0;
      for (const { start, end } of paidMatches(call, text, wanted)) {
        // Nothing between two characters parts them, but not at the ends, nor right behind another match.
        if (start === end && (start === at || start === text.length)) continue;
        limitArray(parts.length + 2, call);
        parts.push(text.slice(at, start));
        at = end;
      }
      parts.push(text.slice(at));
      return parts;
    },
  ),
];
