import type { ValueType } from '@millrace/expression';
import type { KeyFormat } from '../log/key-format.ts';
import type { PortType } from '../topology/port-type.ts';
import { checkExpression, recordRoots } from './node-expression.ts';
import type { CheckContext } from './node-kind.ts';

interface Holds {
  readonly kind: 'string' | 'number';
  readonly words: string;
  readonly advice: string;
}

const text: Holds = { kind: 'string', words: 'text', advice: 'Make it text with string(…)' };
const number: Holds = { kind: 'number', words: 'numbers', advice: 'Make it a number with number(…)' };

/** What a format takes besides null; JSON takes everything. */
const heldBy: { readonly [Format in KeyFormat]: Holds | null } = {
  string: text,
  bytes: { kind: 'string', words: 'text in base64', advice: 'Make it such text' },
  int32: number,
  int64: number,
  double: number,
  json: null,
};

/** Checks an expression that gives a key: it must fit the key's format. Null always does, since it is no key. */
export function checkKeyExpression(
  source: string,
  path: readonly (string | number)[],
  format: KeyFormat,
  input: PortType | undefined,
  context: CheckContext,
  port = 'in',
): ValueType {
  const type = checkExpression(source, path, recordRoots(input), context, {
    missing: 'Say what the key is.',
    inputName: context.inputName(port),
  });
  const holds = heldBy[format];
  if (holds === null || type.kind === 'unknown') return type;
  const keys = (type.kind === 'union' ? type.members : [type]).filter(
    ({ kind }) => kind !== 'null' && kind !== 'never',
  );
  const misfits = keys.filter(({ kind }) => kind !== holds.kind);
  if (misfits.length === 0) return type;
  const isCertain = misfits.length === keys.length;
  context.report({
    code: 'key-format',
    severity: isCertain ? 'error' : 'warning',
    path,
    message: `The key ${isCertain ? 'is' : 'may be'} ${misfits.map(inWords).join(' or ')}, and the key format ${format} holds ${holds.words}. ${holds.advice}, or choose the format ${formatFor(keys)}.`,
  });
  return type;
}

/** The format that takes all of these. */
function formatFor(keys: readonly ValueType[]): KeyFormat {
  if (keys.every(({ kind }) => kind === 'number')) return 'double';
  return keys.every(({ kind }) => kind === 'string') ? 'string' : 'json';
}

function inWords({ kind }: ValueType): string {
  if (kind === 'string') return 'text';
  if (kind === 'array') return 'a list';
  return kind === 'object' ? 'an object' : `a ${kind}`;
}
