import type { Binary } from './syntax-tree.ts';
import {
  booleanType,
  formatValueType,
  memberOfKind,
  membersOf,
  numberType,
  stringType,
  unionOf,
  unknownType,
  type ValueType,
} from './value-type.ts';

/** What the types of two operands say about an operator between them. */
export interface OperandVerdict {
  readonly type: ValueType;
  /** Set when no value of these types can work. */
  readonly error?: { readonly code: string; readonly message: string } | undefined;
  /** Set when some values of these types cannot work: null, or another kind. */
  readonly risk?: 'null' | 'kind' | undefined;
  /** Set when it works and cannot be meant. */
  readonly warning?: { readonly code: string; readonly message: string } | undefined;
}

/** The type of the result for a pair of members, or undefined when the operator does not take them. */
type PairRule = (left: ValueType, right: ValueType) => ValueType | undefined;

const isText = (type: ValueType): boolean => type.kind === 'string';
const isNumber = (type: ValueType): boolean => type.kind === 'number';
const isCompound = (type: ValueType): boolean => type.kind === 'array' || type.kind === 'object';

const addition: PairRule = (left, right) => {
  if (isCompound(left) || isCompound(right)) return undefined;
  if (isText(left) || isText(right)) return stringType;
  return isNumber(left) && isNumber(right) ? numberType : undefined;
};

const order: PairRule = (left, right) =>
  (isNumber(left) && isNumber(right)) || (isText(left) && isText(right)) ? booleanType : undefined;

/** Everything that is not known could be a number or a text; operators take nothing else. */
const unknownOperand = unionOf(numberType, stringType);

function verdictOfPairs(
  left: ValueType,
  right: ValueType,
  rule: PairRule,
  refusal: string,
  code: string,
): OperandVerdict {
  const lefts = membersOf(left.kind === 'unknown' ? unknownOperand : left);
  const rights = membersOf(right.kind === 'unknown' ? unknownOperand : right);
  const results: ValueType[] = [];
  let risk: OperandVerdict['risk'];
  for (const a of lefts) {
    for (const b of rights) {
      if (a.kind === 'never' || b.kind === 'never') continue;
      const result = rule(a, b);
      if (result !== undefined) results.push(result);
      else if (a.kind === 'null' || b.kind === 'null') risk = 'null';
      else if (left.kind !== 'unknown' && right.kind !== 'unknown') risk ??= 'kind';
    }
  }
  const isDead = left.kind === 'never' || right.kind === 'never';
  // With a null beside an unknown the result may still be a text.
  if (results.length > 0 || isDead) return { type: isDead ? unknownType : unionOf(...results), risk };
  return {
    type: unknownType,
    error: { code, message: `${refusal} ${formatValueType(left)} and ${formatValueType(right)}.` },
  };
}

function verdictOfAddition(left: ValueType, right: ValueType): OperandVerdict {
  return verdictOfPairs(left, right, addition, '+ adds numbers or joins texts, not', 'not-addable');
}

/** What `+` or an order operator makes of its operands. */
export function verdictOnPair(
  operator: '+' | '<' | '<=' | '>' | '>=',
  left: ValueType,
  right: ValueType,
): OperandVerdict {
  if (operator === '+') {
    const verdict = verdictOfAddition(left, right);
    // Beside something unknown a number may become a text; calling that `number | string` would warn of what nobody wrote.
    const isUnknown = (left.kind === 'unknown' || right.kind === 'unknown') && verdict.type.kind !== 'string';
    return isUnknown ? { ...verdict, type: unknownType } : verdict;
  }
  const refusal = `${operator} compares two numbers or two texts, not`;
  return verdictOfPairs(left, right, order, refusal, 'not-comparable');
}

/** What `==` and `!=` make of their operands. */
export function verdictOnEquality(operator: Binary['operator'], left: ValueType, right: ValueType): OperandVerdict {
  const type = booleanType;
  if (left.kind === 'unknown' || right.kind === 'unknown' || left.kind === 'never' || right.kind === 'never')
    return { type };
  const compound = (side: ValueType): boolean => membersOf(side).every((member) => isCompound(member));
  const nonNull = (side: ValueType): readonly ValueType[] => membersOf(side).filter((member) => member.kind !== 'null');
  const [lefts, rights] = [nonNull(left), nonNull(right)];
  if (lefts.length > 0 && rights.length > 0 && lefts.every(compound) && rights.every(compound)) {
    const message = `${operator} does not compare lists or objects. Compare their fields, or toJson(a) ${operator} toJson(b).`;
    return { type, error: { code: 'compare-objects', message } };
  }
  if (membersOf(left).some((member) => memberOfKind(right, member.kind) !== undefined)) return { type };
  const always = operator === '==' ? 'false' : 'true';
  const message = `This is always ${always}: ${formatValueType(left)} never equals ${formatValueType(right)}.`;
  return { type, warning: { code: 'never-equal', message } };
}
