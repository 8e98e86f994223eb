import { checkExpression } from './check.ts';
import { functions, methods } from './functions/registry.ts';
import { sourceLengthMax } from './limits.ts';
import { parseExpression } from './parse.ts';
import { ProblemList } from './problem.ts';
import { type RootTypes, rootNames } from './scope.ts';
import type { Parameter } from './syntax-tree.ts';
import { type Token, tokenize } from './tokenize.ts';
import {
  formatValueType,
  memberOfKind,
  membersOf,
  nullType,
  numberType,
  unionOf,
  unknownType,
  type ValueType,
} from './value-type.ts';

/** Something that can stand at the cursor: `label` goes in place of the source from `from` to the cursor. */
export interface Completion {
  readonly label: string;
  readonly kind: 'root' | 'field' | 'function' | 'method' | 'keyword';
  readonly type?: ValueType | undefined;
  /** The type of a value, the signature of a function. */
  readonly detail: string;
  readonly from: number;
}

/**
 * What can stand at a position of a source that need not be whole: the names in sight, or after a dot the fields and methods of what is
 * before it. Everything is listed; what starts like the word at the cursor comes first.
 */
export function completionsAt(source: string, position: number, roots: RootTypes): readonly Completion[] {
  if (position > sourceLengthMax) return [];
  const before = source.slice(0, position);
  const tokens = tokenize(before);
  const last = tokens.at(-1);
  if (isInsideText(before, last)) return [];
  const isWord = last !== undefined && last.end === position && wordKinds.has(last.kind);
  if (last?.kind === 'number' && last.end === position) return [];
  const from = isWord ? last.start : position;
  const cursor = new Cursor(before, isWord ? tokens.slice(0, -1) : tokens, roots);
  const found = cursor.isAfterDot ? cursor.members(from) : cursor.names(from);
  const typed = before.slice(from).toLowerCase();
  const starts = (completion: Completion): boolean => completion.label.toLowerCase().startsWith(typed);
  return [...found.filter(starts), ...found.filter((completion) => !starts(completion))];
}

const wordKinds = new Set<Token['kind']>(['root', 'field', 'function', 'name', 'keyword']);

/** Whether the position is in a string, the text of a template, or a comment. */
function isInsideText(before: string, last: Token | undefined): boolean {
  const gap = before.slice(last?.end ?? 0);
  if (/\/\/[^\n]*$/.test(gap) || /\/\*(?!.*\*\/)/s.test(gap)) return true;
  if (last?.kind !== 'string' || last.end !== before.length) return false;
  const text = before.slice(last.start, last.end);
  const quote = text.charAt(0);
  // A text that goes on after `}` of a template does not start with a quote.
  if (quote !== "'" && quote !== '"' && quote !== '`') return !text.endsWith('`');
  return text.length === 1 || !text.endsWith(quote) || /(?<!\\)(?:\\\\)*\\$/.test(text.slice(0, -1));
}

const identifier = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

/** An arrow function in sight: the index of its `=>`, and its parameters with their types. */
interface Arrow {
  readonly at: number;
  readonly parameters: readonly TypedParameter[];
}

interface TypedParameter {
  readonly parameter: Parameter;
  readonly type: ValueType;
}

/** The tokens before the word at the cursor. */
class Cursor {
  readonly #source: string;
  readonly #tokens: readonly Token[];
  readonly #roots: RootTypes;
  /**
   * The arrow functions met so far, by the opening bracket of their call. The type of a parameter depends on those around it; looked up
   * anew each time, every level of nesting would double the work.
   */
  readonly #arrows = new Map<number, Arrow | undefined>();

  constructor(source: string, tokens: readonly Token[], roots: RootTypes) {
    this.#source = source;
    this.#tokens = tokens;
    this.#roots = roots;
  }

  get isAfterDot(): boolean {
    return isDot(this.#textAt(this.#tokens.length - 1));
  }

  names(from: number): Completion[] {
    const parameters = this.#parameters(this.#tokens.length).map(({ parameter, type }): Completion => {
      return { label: parameter.name, kind: 'root', type, detail: formatValueType(type), from };
    });
    const roots = rootNames.flatMap((label): Completion[] => {
      const type = this.#roots[label];
      return type === undefined ? [] : [{ label, kind: 'root', type, detail: formatValueType(type), from }];
    });
    const calls = [...functions.values()].map(({ doc }): Completion => {
      return { label: doc.name, kind: 'function', detail: doc.signature, from };
    });
    const words = ['true', 'false', 'null'].map(
      (label): Completion => ({ label, kind: 'keyword', detail: 'constant', from }),
    );
    return [...parameters, ...roots, ...calls, ...words];
  }

  members(from: number): Completion[] {
    const dot = this.#tokens.length - 1;
    const type = this.#typeBefore(dot);
    if (type === undefined) return [];
    const dotToken = this.#tokens[dot];
    const dotStart = dotToken?.start ?? from;
    const fields = (memberOfKind(type, 'object')?.fields ?? []).map((field): Completion => {
      const fieldType = field.optional ? unionOf(field.type, nullType) : field.type;
      const isPlain = identifier.test(field.name);
      // A name that cannot stand after a dot takes the place of the dot, in brackets.
      const prefix = this.#textAt(dot) === '?.' ? '?.' : '';
      const label = isPlain ? field.name : `${prefix}[${JSON.stringify(field.name)}]`;
      return {
        label,
        kind: 'field',
        type: fieldType,
        detail: formatValueType(fieldType),
        from: isPlain ? from : dotStart,
      };
    });
    const kinds =
      type.kind === 'unknown' ? (['string', 'array'] as const) : membersOf(type).map((member) => member.kind);
    const owners = (['string', 'array'] as const).filter((kind) => (kinds as readonly string[]).includes(kind));
    const found = new Map<string, Completion>();
    if (owners.length > 0) {
      found.set('length', { label: 'length', kind: 'field', type: numberType, detail: 'number', from });
    }
    for (const { doc } of owners.flatMap((owner) => [...methods[owner].values()])) {
      if (!found.has(doc.name)) found.set(doc.name, { label: doc.name, kind: 'method', detail: doc.signature, from });
    }
    return [...fields, ...found.values()];
  }

  #textAt(index: number): string | undefined {
    const token = this.#tokens[index];
    return token && this.#source.slice(token.start, token.end);
  }

  /** The type of the access or call that ends before the token. */
  #typeBefore(end: number): ValueType | undefined {
    const start = this.#startOfOperand(end - 1);
    const [first, last] = [this.#tokens[start], this.#tokens[end - 1]];
    if (first === undefined || last === undefined) return undefined;
    const source = this.#source.slice(first.start, last.end);
    const outer = this.#parameters(start);
    const problems = new ProblemList();
    const tree = parseExpression(
      source,
      this.#roots,
      problems,
      outer.map(({ parameter }) => parameter),
    );
    if (tree === undefined) return undefined;
    const parameterTypes = new Map(outer.map(({ parameter, type }) => [parameter, type]));
    return checkExpression(tree, source, this.#roots, problems, { parameterTypes }).type;
  }

  /** The index of the first token of the operand that ends with the given token, or -1. */
  #startOfOperand(end: number): number {
    let at = end;
    for (;;) {
      const text = this.#textAt(at);
      const token = this.#tokens[at];
      if (token === undefined || text === undefined) return -1;
      if (text === ')' || text === ']') {
        const open = this.#openOf(at);
        const owner = this.#tokens[open - 1];
        const isOwned =
          owner !== undefined && (wordKinds.has(owner.kind) || /[)\]]$/.test(this.#textAt(open - 1) ?? ''));
        if (!isOwned) return open;
        at = open - 1;
      } else if (wordKinds.has(token.kind)) {
        if (!isDot(this.#textAt(at - 1))) return at;
        at -= 2;
      } else {
        return token.kind === 'string' || token.kind === 'number' ? at : -1;
      }
    }
  }

  #openOf(close: number): number {
    let depth = 0;
    for (let at = close; at >= 0; at--) {
      const text = this.#textAt(at);
      if (text === ')' || text === ']' || text === '}') depth++;
      else if (text === '(' || text === '[' || text === '{' || text === '${') depth--;
      if (depth === 0) return at;
    }
    return -1;
  }

  /** The parameters of the arrow functions that are open before the token, with their types; inner ones last. */
  #parameters(end: number): TypedParameter[] {
    const open: number[] = [];
    for (let at = 0; at < end; at++) {
      const text = this.#textAt(at);
      if (text === '(' || text === '[' || text === '{' || text === '${') open.push(at);
      else if (text === ')' || text === ']' || text === '}') open.pop();
    }
    return open.flatMap((at) => {
      if (!this.#arrows.has(at)) this.#arrows.set(at, this.#arrowAfter(at));
      const arrow = this.#arrows.get(at);
      return arrow === undefined || arrow.at >= end ? [] : arrow.parameters;
    });
  }

  /** The arrow function that is the first argument of the method call with that opening bracket. */
  #arrowAfter(open: number): Arrow | undefined {
    const method = this.#textAt(open - 1) ?? '';
    if (this.#textAt(open) !== '(' || !isDot(this.#textAt(open - 2))) return undefined;
    const names: Token[] = [];
    let at = open + 1;
    const isList = this.#textAt(at) === '(';
    if (isList) at++;
    for (; ; at++) {
      const token = this.#tokens[at];
      if (token === undefined) return undefined;
      if (wordKinds.has(token.kind)) names.push(token);
      else if (!isList || this.#textAt(at) !== ',') break;
    }
    if (isList) at++;
    if (this.#textAt(at) !== '=>') return undefined;
    const receiver = this.#typeBefore(open - 2) ?? unknownType;
    const lambda = methods.array.get(method)?.parameters[0]?.lambda;
    const types = lambda?.parameters({ receiver, args: [] }) ?? [];
    const parameters = names.map(({ start, end }, place) => {
      const parameter: Parameter = { name: this.#source.slice(start, end), start, end };
      return { parameter, type: types[place] ?? unknownType };
    });
    return { at, parameters };
  }
}

function isDot(text: string | undefined): boolean {
  return text === '.' || text === '?.';
}
