import { type RootTypes, unionOf, type ValueType } from '@millrace/expression';
import type { KeyValue } from '../../log/key-format.ts';
import type { Window } from '../../runtime/stream-record.ts';
import type { PortType } from '../../topology/port-type.ts';
import { checkExpression, NodeExpression, numberType, recordRoots, unknownType } from '../node-expression.ts';
import type { CheckContext } from '../node-kind.ts';
import type { JoinConfig } from './join-config.ts';

const nullType: ValueType = { kind: 'null' };

/** Which sides of a result may be null. */
export interface MissingSides {
  readonly left: boolean;
  readonly right: boolean;
}

/** The sides that may be missing from the results of a join of two sides that are alike. */
export function missingSides({ type }: JoinConfig): MissingSides {
  return { left: type === 'outer', right: type !== 'inner' };
}

/** The roots of the joined value's expression. */
export function joinedRoots(
  left: PortType | undefined,
  right: PortType | undefined,
  missing: MissingSides,
  key: ValueType = left?.key ?? unknownType,
): RootTypes {
  return {
    key,
    timestamp: numberType,
    left: sideType(left, missing.left),
    right: sideType(right, missing.right),
    window: left?.windowed === true && right?.windowed === true ? recordRoots(left).window : undefined,
  };
}

function sideType(side: PortType | undefined, isMissing: boolean): ValueType {
  const type = side?.value ?? unknownType;
  return isMissing && type.kind !== 'unknown' ? unionOf(type, nullType) : type;
}

/** Reports what is wrong with the joined value; gives its type. */
export function checkJoinedValue(settings: JoinConfig, roots: RootTypes, context: CheckContext): ValueType {
  return checkExpression(settings.value, ['value'], roots, context, {
    missing: 'Say what the joined value is, for example { ...left, ...right }.',
  });
}

/** Computes the value of a result; a side that is missing is null. */
export class JoinedValue {
  readonly #expression: NodeExpression;

  constructor({ value }: JoinConfig) {
    this.#expression = new NodeExpression(value, ['value']);
  }

  /** @throws RecordError when the expression fails. */
  of(key: KeyValue, window: Window | null, timestamp: number, left: unknown, right: unknown): unknown {
    const scope = this.#expression.scope;
    scope.key = key;
    scope.window = window;
    scope.timestamp = timestamp;
    scope.left = left;
    scope.right = right;
    return this.#expression.runLazily();
  }
}
