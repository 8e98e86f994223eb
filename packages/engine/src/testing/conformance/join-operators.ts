import { type CaseTranslation, type Flow, recordArguments } from './case-translation.ts';
import type { CaseOperator } from './conformance-case.ts';
import { Inexpressible } from './inexpressible.ts';
import { numberField, objectField, optionalText, textField } from './operator-fields.ts';
import { noteStore, type Translate } from './record-operators.ts';
import { rewriteFunction } from './rewrite-function.ts';
import { atom, type Written } from './written-expression.ts';

type JoinType = 'inner' | 'left' | 'outer';

/** All joins are one kind of node, which adapts to what is wired in. */
export const joinOperators: { readonly [op: string]: Translate } = {
  join: (operator, into) => join(operator, 'inner', into),
  leftJoin: (operator, into) => join(operator, 'left', into),
  outerJoin: (operator, into) => join(operator, 'outer', into),
  fkJoin: (operator, into) => foreignKeyJoin(operator, 'inner', into),
  fkLeftJoin: (operator, into) => foreignKeyJoin(operator, 'left', into),
};

function join(operator: CaseOperator, type: JoinType, into: CaseTranslation): void {
  const [left, right] = sides(operator, into);
  const value = joiner(operator, left, right);
  const shape = left.shape === 'table' ? 'table' : 'stream';
  const config = { type, value: value.text, ...settingsOf(operator, left, right) };
  give(operator, config, { ...left, shape, value: value.type }, { left, right }, into);
}

function foreignKeyJoin(operator: CaseOperator, type: JoinType, into: CaseTranslation): void {
  const [left, right] = sides(operator, into);
  const value = joiner(operator, left, right);
  const foreignKey = rewriteFunction(textField(operator, 'fkFn'), [atom('key', left.key), atom('value', left.value)]);
  const config = { type, value: value.text, foreignKey: foreignKey.text };
  give(operator, config, { ...left, value: value.type }, { left, right }, into);
}

function give(
  operator: CaseOperator,
  config: { readonly [name: string]: unknown },
  output: Flow,
  inputs: { readonly [port: string]: Flow },
  into: CaseTranslation,
): void {
  const id = into.node(operator.id, 'join', config, inputs);
  const flow = { ...output, end: `${id}.out` };
  into.give(operator.id, flow);
  noteStore(operator, flow, into);
}

function sides(operator: CaseOperator, into: CaseTranslation): readonly [left: Flow, right: Flow] {
  return [into.flow(operator.this), into.flow(operator.other)];
}

/** `(l, r)`, or `(k, l, r)` where the joiner is told the key. */
function joiner(operator: CaseOperator, left: Flow, right: Flow): Written {
  const values = [atom('left', left.value), atom('right', right.value)];
  const source = textField(operator, 'fn');
  const parameters = source.slice(0, source.indexOf('=>')).split(',').length;
  return rewriteFunction(source, parameters > 2 ? [atom('key', left.key), ...values] : values);
}

function settingsOf(operator: CaseOperator, left: Flow, right: Flow): { readonly [name: string]: unknown } {
  if (left.shape === 'stream' && right.shape === 'stream') {
    const window = objectField(operator, 'window');
    if (window.legacy === true)
      throw new Inexpressible('joins with results that are taken back (JoinWindows.of) are left out');
    return {
      beforeMs: numberField(window, 'beforeMs'),
      afterMs: numberField(window, 'afterMs'),
      graceMs: numberField(window, 'graceMs', 0),
    };
  }
  if (right.shape === 'global') {
    const source = optionalText(operator, 'keyFn');
    return source === undefined ? {} : { globalKey: rewriteFunction(source, recordArguments(left)).text };
  }
  const graceMs = numberField(operator, 'graceMs', 0);
  return graceMs === 0 ? {} : { graceMs };
}
