import type { CaseType } from './case-type.ts';

/**
 * How tightly the outermost operator of a text binds, so that it can be put in parentheses where it would fall apart; `atom` for what never
 * does.
 */
export const binding = {
  conditional: 1,
  coalesce: 2,
  or: 2,
  and: 3,
  equality: 4,
  order: 5,
  sum: 6,
  product: 7,
  power: 8,
  unary: 9,
  atom: 10,
};

/** An expression of ours, as text, with what is known of its result. */
export interface Written {
  readonly text: string;
  readonly binds: number;
  readonly type: CaseType;
}

export function atom(text: string, type: CaseType): Written {
  return { text, binds: binding.atom, type };
}

export const nullWritten: Written = atom('null', 'null');

/** The text, in parentheses if it binds less tightly than its place demands. */
export function textFor(written: Written, binds: number): string {
  return written.binds < binds ? `(${written.text})` : written.text;
}
