import type { ObjectType, ValueType } from '../value-type.ts';

/**
 * Whether a value of plain data is one of those that a type describes. Stronger than asking whether the type of the value overlaps: any
 * two lists overlap, in the empty one.
 */
export function isOfType(value: unknown, type: ValueType): boolean {
  return isMember(value, type, new Map());
}

/** The answers so far, so that a part that the value names many times is compared once with each type. */
type Answers = Map<object, Map<ValueType, boolean>>;

function isMember(value: unknown, type: ValueType, answers: Answers): boolean {
  switch (type.kind) {
    case 'unknown':
      return true;
    case 'never':
      return false;
    case 'null':
      return value === null;
    case 'union':
      return type.members.some((member) => isMember(value, member, answers));
    case 'array':
    case 'object':
      return typeof value === 'object' && value !== null && isCompoundMember(value, type, answers);
    default:
      // The kinds that are left have the names that typeof gives.
      return typeof value === type.kind;
  }
}

type CompoundType = Extract<ValueType, { kind: 'array' | 'object' }>;

function isCompoundMember(value: object, type: CompoundType, answers: Answers): boolean {
  const known = answers.get(value) ?? new Map<ValueType, boolean>();
  answers.set(value, known);
  const answer =
    known.get(type) ??
    (type.kind === 'array'
      ? Array.isArray(value) && value.every((element) => isMember(element, type.element, answers))
      : !Array.isArray(value) && hasFields(value, type, answers));
  known.set(type, answer);
  return answer;
}

function hasFields(value: object, type: ObjectType, answers: Answers): boolean {
  const fields = new Map(type.fields.map((field) => [field.name, field]));
  const isFitting = type.fields.every((field) => field.optional || Object.hasOwn(value, field.name));
  return (
    isFitting &&
    Object.entries(value).every(([name, part]) => {
      const field = fields.get(name);
      return field ? isMember(part, field.type, answers) : type.open;
    })
  );
}
