import { formatValueType, type ValueType } from '@millrace/expression';
import type { PlannedFlow, Planner } from '../../topology/planner.ts';
import type { PortType } from '../../topology/port-type.ts';
import { checkKeyExpression } from '../key-expression.ts';
import type { CheckContext } from '../node-kind.ts';
import type { JoinConfig } from './join-config.ts';

export type Side = 'left' | 'right';

/** The expression that gives a stream another key for the join; empty where it keeps its own. */
export function sideKey(settings: JoinConfig, side: Side): string {
  return (side === 'left' ? settings.leftKey : settings.rightKey).trim();
}

/** A stream at an input as the join sees it: with the key that the settings give it, which is checked. */
export function checkSide(settings: JoinConfig, side: Side, input: PortType, context: CheckContext): PortType {
  const expression = sideKey(settings, side);
  if (expression === '') return input;
  const key = checkKeyExpression(expression, [`${side}Key`], settings.keyFormat, input, {
    ...context,
    inputName: () => context.inputName(side),
  });
  return { ...input, key, keyFormat: settings.keyFormat, windowed: false };
}

/** Plans a stream at an input so that equal keys meet. Records without a key go on only where the join keeps them. */
export function planSide(
  settings: JoinConfig,
  side: Side,
  planner: Planner,
  options: { readonly keepNullKeys: boolean },
): PlannedFlow {
  const flow = planner.input(side);
  const expression = sideKey(settings, side);
  if (expression !== '') {
    return planner.repartition(side, flow, { expression, path: [`${side}Key`] }, settings.keyFormat, options);
  }
  return flow.mustRepartition
    ? planner.repartition(side, flow, null, flow.keyFormat, { ...options, share: true })
    : flow;
}

/** Reports where a key is asked for of what has one already. */
export function checkNoKey(settings: JoinConfig, side: Side, context: CheckContext): void {
  if (sideKey(settings, side) === '') return;
  context.report({
    code: 'table-key',
    path: [`${side}Key`],
    message: `${context.inputName(side)} is a table: it is joined by its keys. Leave this empty.`,
    fix: { title: 'Leave it empty', value: '' },
  });
}

/** Reports keys that never meet: of different formats, kinds, or with a window and without. */
export function checkKeysMeet(left: PortType, right: PortType, context: CheckContext): void {
  const [leftName, rightName] = [context.inputName('left'), context.inputName('right')];
  if (left.windowed !== right.windowed) {
    const [windowed, plain, what] = left.windowed
      ? [leftName, rightName, left.shape]
      : [rightName, leftName, right.shape];
    context.report({
      code: what === 'table' ? 'windowed-table' : 'windowed-stream',
      path: [],
      message:
        what === 'table'
          ? `${windowed} has a row for each key and window, so a key alone finds none. Join with a table without windows.`
          : `The records of ${windowed} belong to windows, and those of ${plain} do not. Give them a key of their own in a map in front of the join.`,
    });
    return;
  }
  if (left.keyFormat !== right.keyFormat) {
    context.report({
      code: 'unequal-keys',
      path: [],
      message: `The keys do not match: ${leftName} has the format ${left.keyFormat}, ${rightName} has ${right.keyFormat}. Equal keys meet only as equal bytes; change one of the formats.`,
    });
  } else if (left.keyFormat === 'json' && !mayBeEqual(left.key, right.key)) {
    const advice =
      left.shape === 'stream'
        ? `Give ${leftName} a key like that of ${rightName}.`
        : 'Rows of tables meet only under equal keys.';
    context.report({
      code: 'unequal-keys',
      severity: 'warning',
      path: [],
      message: `The keys never match: those of ${leftName} are ${formatValueType(left.key)}, those of ${rightName} are ${formatValueType(right.key)}. ${advice}`,
    });
  }
}

/** Reports settings of a window between two streams where there is none. */
export function checkNoWindow(settings: JoinConfig, because: string, context: CheckContext): void {
  for (const path of ['beforeMs', 'afterMs'] as const) {
    if (settings[path] === 0) continue;
    context.report({
      code: 'no-window',
      severity: 'warning',
      path: [path],
      message: `This has no effect: ${because}. Only two streams are joined within a time.`,
      fix: { title: 'Set it to 0', value: 0 },
    });
  }
}

/** Reports a grace that waits for nothing. */
export function checkNoGrace(settings: JoinConfig, because: string, context: CheckContext): void {
  if (settings.graceMs === 0) return;
  context.report({
    code: 'no-grace',
    path: ['graceMs'],
    message: `${because}, so there is nothing to wait for.`,
    fix: { title: 'Use no grace', value: 0 },
  });
}

/** Whether some keys of both types are of one kind. Of null, which is no key, and of what is never there nothing follows. */
function mayBeEqual(left: ValueType, right: ValueType): boolean {
  const lefts = kindsOf(left);
  const rights = kindsOf(right);
  if (lefts.length === 0 || rights.length === 0 || lefts.includes('unknown') || rights.includes('unknown')) return true;
  return lefts.some((kind) => rights.includes(kind));
}

function kindsOf(type: ValueType): readonly ValueType['kind'][] {
  const members = type.kind === 'union' ? type.members : [type];
  return members.map(({ kind }) => kind).filter((kind) => kind !== 'null' && kind !== 'never');
}
