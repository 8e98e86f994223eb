import { isRootName } from './scope.ts';

export type TokenKind =
  | 'root'
  | 'field'
  | 'number'
  | 'string'
  | 'operator'
  | 'keyword'
  | 'function'
  | 'punctuation'
  | 'name';

/** A part of the source; `end` is exclusive. White space and comments lie between tokens. */
export interface Token {
  readonly start: number;
  readonly end: number;
  readonly kind: TokenKind;
}

/** Words that JavaScript reserves or that people try; only `true`, `false` and `null` belong to the language. */
const keywords = new Set(
  `true false null undefined this new function class async await import typeof delete void in instanceof let const var if else
  return yield throw try catch for while do switch super`.split(/\s+/),
);

const operators = [
  '===',
  '!==',
  '...',
  '**',
  '==',
  '!=',
  '<=',
  '>=',
  '&&',
  '||',
  '??',
  '?.',
  '=>',
  '++',
  '--',
  '<<',
  '>>',
];

const isSpace = (char: string): boolean => /\s/.test(char);
const isDigit = (char: string): boolean => char >= '0' && char <= '9';
const isWordStart = (char: string): boolean => /[\p{ID_Start}$_#@\\]/u.test(char);
const isWordPart = (char: string): boolean => /[\p{ID_Continue}$\\]/u.test(char);

/**
 * Splits a source into tokens for highlighting, completion and the depth check. Never fails: what cannot be read becomes punctuation,
 * an open string runs to the end of its line, an open template to the end of the source.
 */
export function tokenize(source: string): readonly Token[] {
  return new Tokenizer(source).run();
}

class Tokenizer {
  readonly #source: string;
  readonly #tokens: Token[] = [];
  /** Open brackets; '`' stands for the `${` of a template, whose text goes on after the matching brace. */
  readonly #open: string[] = [];
  #at = 0;

  constructor(source: string) {
    this.#source = source;
  }

  run(): readonly Token[] {
    while (this.#at < this.#source.length) this.#next();
    return this.#tokens;
  }

  #next(): void {
    const source = this.#source;
    const start = this.#at;
    const char = source.charAt(start);
    if (isSpace(char)) {
      this.#at++;
    } else if (source.startsWith('//', start)) {
      this.#at = start + (/[\n\r\u2028\u2029]/.exec(source.slice(start))?.index ?? source.length);
    } else if (source.startsWith('/*', start)) {
      this.#at = this.#after('*/', start + 2);
    } else if (char === '"' || char === "'") {
      this.#readString(char);
    } else if (char === '`') {
      this.#at++;
      this.#readTemplateText(start);
    } else if (char === '}' && this.#open.at(-1) === '`') {
      this.#open.pop();
      this.#push(start, start + 1, 'punctuation');
      if (this.#at < source.length) this.#readTemplateText(this.#at);
    } else if (isDigit(char) || (char === '.' && isDigit(source.charAt(start + 1)))) {
      this.#readNumber();
    } else if (isWordStart(this.#pointAt(start))) {
      this.#readWord();
    } else {
      this.#readSymbol(char);
    }
  }

  #push(start: number, end: number, kind: TokenKind): void {
    this.#at = end;
    if (end > start) this.#tokens.push({ start, end, kind });
  }

  #pointAt(offset: number): string {
    return String.fromCodePoint(this.#source.codePointAt(offset) ?? 0);
  }

  #until(text: string, from: number): number {
    const found = this.#source.indexOf(text, from);
    return found === -1 ? this.#source.length : found;
  }

  #after(text: string, from: number): number {
    return Math.min(this.#until(text, from) + text.length, this.#source.length);
  }

  #readString(quote: string): void {
    const source = this.#source;
    let end = this.#at + 1;
    while (end < source.length && source[end] !== quote && source[end] !== '\n') end += source[end] === '\\' ? 2 : 1;
    if (source[end] === quote) end++;
    this.#push(this.#at, Math.min(end, source.length), 'string');
  }

  #readTemplateText(start: number): void {
    const source = this.#source;
    let end = this.#at;
    while (end < source.length && source[end] !== '`' && !source.startsWith('${', end)) {
      end += source[end] === '\\' ? 2 : 1;
    }
    end = Math.min(end, source.length);
    if (source[end] === '`') {
      this.#push(start, end + 1, 'string');
      return;
    }
    this.#push(start, end, 'string');
    if (end === source.length) return;
    this.#open.push('`');
    this.#push(end, end + 2, 'punctuation');
  }

  #readNumber(): void {
    const match = /^(?:0[xob][\da-f_]*|[\d_]*\.?[\d_]*(?:e[+-]?\d*)?)n?/i.exec(this.#source.slice(this.#at));
    this.#push(this.#at, this.#at + Math.max(1, match?.[0].length ?? 1), 'number');
  }

  #readWord(): void {
    const source = this.#source;
    const start = this.#at;
    let end = start + this.#pointAt(start).length;
    while (end < source.length && isWordPart(this.#pointAt(end))) end += this.#pointAt(end).length;
    this.#push(start, end, this.#wordKind(source.slice(start, end), end));
  }

  #wordKind(word: string, end: number): TokenKind {
    const before = this.#previousText(1);
    const after = this.#source.slice(end).trimStart();
    if (before === '.' || before === '?.') return after.startsWith('(') ? 'function' : 'field';
    const isEntryStart = this.#open.at(-1) === '{' && (before === '{' || before === ',');
    if (isEntryStart && after.startsWith(':')) return 'field';
    if (keywords.has(word)) return 'keyword';
    if (isRootName(word)) return 'root';
    return after.startsWith('(') ? 'function' : 'name';
  }

  #previousText(back: number): string | undefined {
    const token = this.#tokens.at(-back);
    return token && this.#source.slice(token.start, token.end);
  }

  #readSymbol(char: string): void {
    const start = this.#at;
    const operator = operators.find((candidate) => this.#source.startsWith(candidate, start));
    // `a?.5:b` is a condition and a number, not an optional access.
    if (operator !== undefined && !(operator === '?.' && isDigit(this.#source.charAt(start + 2)))) {
      const isAccess = operator === '?.' || operator === '...';
      this.#push(start, start + operator.length, isAccess ? 'punctuation' : 'operator');
      return;
    }
    if ('([{'.includes(char)) this.#open.push(char);
    else if (')]}'.includes(char)) this.#open.pop();
    const isOperator = '+-*/%<>=!?:&|^~'.includes(char) && !(char === ':' && this.#open.at(-1) === '{');
    this.#push(start, start + this.#pointAt(start).length, isOperator ? 'operator' : 'punctuation');
  }
}
