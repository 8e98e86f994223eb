import { RE2JS, RE2JSException } from 're2js';
import { patternGroupsMax, patternLengthMax, patternMemoryMax, patternSizeMax } from '../limits.ts';
import { estimatedSize } from './pattern-size.ts';

/** Where a pattern was found. Places are UTF-16 code units; a group that took no part in the match is null. */
export interface PatternMatch {
  readonly start: number;
  readonly end: number;
  /** The whole match first, then the groups. */
  readonly groups: readonly (string | null)[];
}

/** A regular expression that is ready to run. Matching takes time linear in the text, whatever the pattern and the text are. */
export class Pattern {
  /** How much work one character of a text can be. */
  readonly size: number;
  readonly groupCount: number;
  /** The names of groups, with their numbers. */
  readonly groupNames: ReadonlyMap<string, number>;
  readonly #machine: RE2JS;

  constructor(machine: RE2JS) {
    this.#machine = machine;
    this.size = machine.programSize();
    this.groupCount = machine.groupCount();
    this.groupNames = new Map(Object.entries(machine.namedGroups()));
    // A source may hold many patterns, and each keeps what it has learnt about the texts it met.
    const { dfa } = machine.re2();
    dfa.stateBudget = patternMemoryMax;
    dfa.memBudget = patternMemoryMax;
  }

  /** Whether the pattern is found somewhere in the text. */
  isIn(text: string): boolean {
    return this.#machine.test(text);
  }

  /** All matches, from left to right; they do not overlap. */
  *matches(text: string): Generator<PatternMatch, void> {
    const matcher = this.#machine.matcher(text);
    while (matcher.find()) {
      const groups = Array.from({ length: this.groupCount + 1 }, (_, group) => matcher.group(group) ?? null);
      yield { start: matcher.start(), end: matcher.end(), groups };
    }
  }
}

/** A pattern, or a sentence that says what is wrong with it. */
export type PatternResult =
  | { readonly ok: true; readonly pattern: Pattern }
  | { readonly ok: false; readonly message: string };

/** Reads a pattern in RE2 syntax. Whatever it asks for in memory is bounded before it is built. */
export function compilePattern(source: string): PatternResult {
  if (source.length > patternLengthMax) return refused(`A pattern has at most ${patternLengthMax} characters.`);
  if (source.includes('\\Q')) return refused('\\Q is not supported. Write a backslash before each special character.');
  if (estimatedSize(source) > patternSizeMax) return refused(tooLarge);
  let machine: RE2JS;
  try {
    machine = RE2JS.compile(source);
  } catch (error) {
    if (error instanceof RE2JSException) return refused(explained(error.message));
    throw error;
  }
  if (machine.programSize() > 2 * patternSizeMax) return refused(tooLarge);
  if (machine.groupCount() > patternGroupsMax) return refused(`A pattern has at most ${patternGroupsMax} groups.`);
  return { ok: true, pattern: new Pattern(machine) };
}

const tooLarge = `This pattern has more than ${patternSizeMax} parts once its repetitions are written out. Repeat less.`;

function refused(message: string): PatternResult {
  return { ok: false, message };
}

/** What people who know other regular expressions try first, by what is said to be wrong. */
const hints: readonly (readonly [found: RegExp, hint: string])[] = [
  [/`\(\?<?[=!]/, 'Patterns cannot look ahead or behind.'],
  [/invalid escape sequence: `\\[1-9]/, 'A pattern cannot refer back to a group.'],
  [/invalid escape sequence: `\\u/, 'Write \\x{…} for a character by its number.'],
];

/** The library's words as a sentence. */
function explained(said: string): string {
  const reason = said.replace(/^error parsing regexp: /, '').replace(/`/g, '');
  const hint = hints.find(([found]) => found.test(said))?.[1];
  return `This pattern cannot be read: ${reason}.${hint === undefined ? '' : ` ${hint}`}`;
}
