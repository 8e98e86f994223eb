import type { ValueType } from '@millrace/expression';

/**
 * Fields that the type of a node's output lists. Each node of a chain may add some, and what all of them together cost to judge must not
 * grow with the square of their number.
 */
export const listedFieldsMax = 400;

/** Types met before, so that parts which many types share are looked through once. */
const bounded = new WeakMap<ValueType, ValueType>();

/**
 * The type with at most {@link listedFieldsMax} fields in each object: those that were set last. An object that had more becomes open, so
 * that reading any other field is unknown, and never a mistake.
 */
export function withListedFields(type: ValueType): ValueType {
  if (type.kind !== 'array' && type.kind !== 'object' && type.kind !== 'union') return type;
  const known = bounded.get(type);
  if (known !== undefined) return known;
  const result = boundedParts(type);
  bounded.set(type, result);
  bounded.set(result, result);
  return result;
}

function boundedParts(type: Extract<ValueType, { readonly kind: 'array' | 'object' | 'union' }>): ValueType {
  switch (type.kind) {
    case 'array': {
      const element = withListedFields(type.element);
      return element === type.element ? type : { kind: 'array', element };
    }
    case 'union': {
      const members = type.members.map(withListedFields);
      return members.every((member, index) => member === type.members[index]) ? type : { kind: 'union', members };
    }
    case 'object': {
      const isOver = type.fields.length > listedFieldsMax;
      const listed = isOver ? type.fields.slice(-listedFieldsMax) : type.fields;
      const fields = listed.map((field) => {
        const inner = withListedFields(field.type);
        return inner === field.type ? field : { ...field, type: inner };
      });
      const isSame = !isOver && fields.every((field, index) => field === type.fields[index]);
      return isSame ? type : { kind: 'object', fields, open: type.open || isOver };
    }
  }
}
