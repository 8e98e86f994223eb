import { typesOverlap, type ValueType } from '@millrace/expression';
import type { KeyFormat } from '../log/key-format.ts';
import type { PortType } from '../topology/port-type.ts';
import { checkExpression, numberType, recordRoots, stringType, unknownType } from './node-expression.ts';
import type { CheckContext } from './node-kind.ts';

const typeOfFormat: { readonly [Format in KeyFormat]: ValueType } = {
  string: stringType,
  bytes: stringType,
  int32: numberType,
  int64: numberType,
  double: numberType,
  json: unknownType,
};

/** Checks an expression that gives a key: it must fit the key's format. */
export function checkKeyExpression(
  source: string,
  path: readonly string[],
  format: KeyFormat,
  input: PortType | undefined,
  context: CheckContext,
): ValueType {
  const type = checkExpression(source, path, recordRoots(input), context, {
    missing: 'Say what the key is.',
    inputName: context.inputName('in'),
  });
  const wanted = typeOfFormat[format];
  const nullType: ValueType = { kind: 'null' };
  if (
    wanted.kind !== 'unknown' &&
    type.kind !== 'unknown' &&
    type.kind !== 'never' &&
    !typesOverlap(type, wanted) &&
    !typesOverlap(type, nullType)
  ) {
    const better: KeyFormat = type.kind === 'number' ? 'double' : type.kind === 'string' ? 'string' : 'json';
    context.report({
      code: 'key-format',
      path,
      message: `The key is ${type.kind === 'array' || type.kind === 'object' ? 'an' : 'a'} ${type.kind}, and the key format ${format} holds ${wanted.kind}s. Make it ${wanted.kind === 'string' ? 'text with string(…)' : 'a number'}, or choose the format ${better}.`,
    });
  }
  return type;
}
