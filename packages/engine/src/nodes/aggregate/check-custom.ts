import { formatValueType, type RootTypes, unionOf, type ValueType } from '@millrace/expression';
import type { PortType } from '../../topology/port-type.ts';
import { checkExpression, recordRoots } from '../node-expression.ts';
import type { CheckContext } from '../node-kind.ts';
import type { WindowConfig } from './window-config.ts';

const nullType: ValueType = { kind: 'null' };

/** What adds to a result, by the input that it comes from. */
export interface CheckedAdd {
  readonly source: string;
  readonly path: readonly (string | number)[];
  readonly port: string;
  /** Of the record that is added. */
  readonly roots: RootTypes;
  readonly value: ValueType;
  readonly missing: string;
}

/** The roots over a record on its way into results; those are in windows, or the record keeps what it has unless it moves. */
export function addRoots(input: PortType | undefined, settings: WindowConfig, moves: boolean): RootTypes {
  const roots = recordRoots(input);
  if (settings.window === 'none') return moves ? { ...roots, window: undefined } : roots;
  return { ...roots, window: recordRoots(undefined).window };
}

/** Checks what results begin with and what adds to them; gives the type of the results. */
export function checkCustom(initial: string, adds: readonly CheckedAdd[], context: CheckContext): ValueType {
  const first =
    initial.trim() === ''
      ? unionOf(...adds.map(({ value }) => value))
      : checkExpression(initial, ['initial'], {}, context, { missing: '' });
  const silent: CheckContext = { ...context, report: () => undefined };
  const typed = (aggregate: ValueType, under: CheckContext): readonly ValueType[] =>
    adds.map(({ source, path, port, roots, missing }) =>
      checkExpression(source, path, { ...roots, aggregate }, under, {
        missing,
        inputName: context.inputName(port),
      }),
    );
  // What is added may widen the result: a list of nothing becomes one of numbers. Twice shows what it comes to.
  const once = without(unionOf(first, ...typed(first, silent)), initial);
  const result = without(unionOf(once, ...typed(once, silent)), initial);
  for (const [index, type] of typed(result, context).entries()) {
    const add = adds[index];
    const added = without(type, '');
    if (add === undefined || first.kind === 'null' || isOfOneKind(first, added)) continue;
    context.report({
      code: 'aggregate-type',
      path: add.path,
      message: `Results begin as ${formatValueType(first)} and this makes them ${formatValueType(added)}. Both must be of one type.`,
    });
  }
  return without(result, '');
}

/** Checks an expression over a result that must give a result again. */
export function checkResultExpression(
  source: string,
  path: readonly (string | number)[],
  roots: RootTypes,
  result: ValueType,
  context: CheckContext,
  missing: string,
): void {
  const type = without(
    checkExpression(source, path, roots, context, { missing, inputName: context.inputName('in') }),
    '',
  );
  if (isOfOneKind(type, result)) return;
  context.report({
    code: 'aggregate-type',
    path,
    message: `Results are ${formatValueType(result)} and this makes them ${formatValueType(type)}. Both must be of one type.`,
  });
}

/** Whether both may be a number, say, or both an object; what is in them may differ. */
function isOfOneKind(left: ValueType, right: ValueType): boolean {
  const kinds = kindsOf(left);
  const others = kindsOf(right);
  return kinds.length === 0 || others.length === 0 || kinds.some((kind) => others.includes(kind));
}

/** None where anything may be. */
function kindsOf(type: ValueType): readonly ValueType['kind'][] {
  if (type.kind === 'unknown' || type.kind === 'never') return [];
  return type.kind === 'union' ? type.members.map(({ kind }) => kind) : [type.kind];
}

/** A result that is null is deleted, so none is there to add to; unless null is what results begin with. */
function without(type: ValueType, initial: string): ValueType {
  if (initial.trim() === 'null' || type.kind !== 'union') return type;
  const members = type.members.filter((member) => member.kind !== nullType.kind);
  return unionOf(...members);
}
