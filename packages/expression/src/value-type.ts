import { carriedTypeDepthMax, typeDepthMax, typeFieldsMax, typeSizeMax } from './limits.ts';

/**
 * What is known about a value before it is there. Plain JSON data, so it can cross processes and be stored. Fields are a list and never
 * a keyed object, so that a field called `__proto__` is a field like any other.
 *
 * - `unknown`: anything; every access is allowed and checked when it happens.
 * - `never`: no value at all, the type of `fail('…')` and of the elements of `[]`.
 * - an `open` object may have fields beside those listed (reading one is unknown); a closed one has no others.
 * - a `union` is flat, has two or more members, and no two of one kind: arrays and objects are merged.
 */
export type ValueType =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'never' }
  | { readonly kind: 'null' }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'number' }
  | { readonly kind: 'string' }
  | { readonly kind: 'array'; readonly element: ValueType }
  | ObjectType
  | { readonly kind: 'union'; readonly members: readonly ValueType[] };

export interface ObjectType {
  readonly kind: 'object';
  readonly fields: readonly ObjectField[];
  readonly open: boolean;
}

export interface ObjectField {
  readonly name: string;
  readonly type: ValueType;
  readonly optional: boolean;
}

/** The kinds that a value can have at run time. */
export type ValueKind = 'null' | 'boolean' | 'number' | 'string' | 'array' | 'object';

export const unknownType: ValueType = { kind: 'unknown' };
export const neverType: ValueType = { kind: 'never' };
export const nullType: ValueType = { kind: 'null' };
export const booleanType: ValueType = { kind: 'boolean' };
export const numberType: ValueType = { kind: 'number' };
export const stringType: ValueType = { kind: 'string' };
export const anyObjectType: ValueType = { kind: 'object', fields: [], open: true };

export function arrayOf(element: ValueType): ValueType {
  return { kind: 'array', element };
}

/** The order in which a union lists its members; null comes last because that is how people say it: `string | null`. */
const memberOrder: readonly ValueKind[] = ['boolean', 'number', 'string', 'array', 'object', 'null'];

/**
 * The type of one decoded JSON value. Objects are closed: they have these fields and no others. Merge the types of many records with
 * `unionOf` to get the type of a topic.
 */
export function inferValueType(value: unknown): ValueType {
  return inferWithin(value, typeDepthMax);
}

function inferWithin(value: unknown, depth: number): ValueType {
  if (value === null || value === undefined) return nullType;
  if (typeof value === 'boolean') return booleanType;
  if (typeof value === 'number') return numberType;
  if (typeof value === 'string') return stringType;
  if (typeof value !== 'object' || depth === 0) return unknownType;
  if (Array.isArray(value)) return arrayOf(mergeAll(value.map((element) => inferWithin(element, depth - 1))));
  const entries = Object.entries(value);
  const fields = entries
    .slice(0, typeFieldsMax)
    .map(([name, field]) => ({ name, type: inferWithin(field, depth - 1), optional: false }));
  return { kind: 'object', fields, open: entries.length > typeFieldsMax };
}

/**
 * The type of a value that has one of the given types. Objects merge field by field: one that is missing on a side becomes optional.
 * An object of more than 200 fields becomes open.
 */
export function unionOf(...types: ValueType[]): ValueType {
  return mergeAll(types);
}

function mergeAll(types: readonly ValueType[]): ValueType {
  const byKind = new Map<ValueKind, ValueType>();
  for (const type of types) {
    if (type.kind === 'unknown') return unknownType;
    for (const member of membersOf(type)) {
      if (member.kind === 'unknown') return unknownType;
      if (member.kind === 'never' || member.kind === 'union') continue;
      const known = byKind.get(member.kind);
      byKind.set(member.kind, known === undefined ? member : mergeSameKind(known, member));
    }
  }
  const members = memberOrder.flatMap((kind) => byKind.get(kind) ?? []);
  const [first] = members;
  if (first === undefined) return neverType;
  return members.length === 1 ? first : { kind: 'union', members };
}

function mergeSameKind(left: ValueType, right: ValueType): ValueType {
  if (left === right) return left;
  if (left.kind === 'array' && right.kind === 'array') return arrayOf(mergeAll([left.element, right.element]));
  if (left.kind === 'object' && right.kind === 'object') return mergeObjects(left, right);
  return left;
}

function mergeObjects(left: ObjectType, right: ObjectType): ValueType {
  const fields = new Map(left.fields.map((field) => [field.name, field]));
  const seen = new Set<string>();
  for (const field of right.fields) {
    seen.add(field.name);
    const known = fields.get(field.name);
    // A field that only an open side does not list may be there with any type.
    const type = known ? mergeAll([known.type, field.type]) : left.open ? unknownType : field.type;
    fields.set(field.name, { name: field.name, type, optional: known ? known.optional || field.optional : true });
  }
  for (const field of left.fields) {
    if (seen.has(field.name)) continue;
    fields.set(field.name, { name: field.name, type: right.open ? unknownType : field.type, optional: true });
  }
  const merged = [...fields.values()];
  return {
    kind: 'object',
    fields: merged.slice(0, typeFieldsMax),
    open: left.open || right.open || merged.length > typeFieldsMax,
  };
}

/** How many parts a type has as if nothing were shared, and how deep they lie. */
interface Extent {
  readonly size: number;
  readonly depth: number;
}

const onePart: Extent = { size: 1, depth: 1 };

/** Extents of types met before, so that a type in which parts are shared is still measured in one pass over what is there. */
const extents = new WeakMap<ValueType, Extent>();

function extentOf(type: ValueType): Extent {
  if (type.kind !== 'array' && type.kind !== 'object' && type.kind !== 'union') return onePart;
  const known = extents.get(type);
  if (known !== undefined) return known;
  const parts =
    type.kind === 'array'
      ? [type.element]
      : type.kind === 'union'
        ? type.members
        : type.fields.map((field) => field.type);
  let size = 1;
  let depth = 0;
  for (const part of parts) {
    const extent = extentOf(part);
    size += extent.size;
    depth = Math.max(depth, extent.depth);
  }
  const extent = { size, depth: depth + 1 };
  extents.set(type, extent);
  return extent;
}

/**
 * The type, or only its kind when it is too large or too deep. An expression can name one part many times over, so that its type, written
 * out, would have no end.
 */
export function boundedType(type: ValueType): ValueType {
  const { size, depth } = extentOf(type);
  if (size <= typeSizeMax && depth <= carriedTypeDepthMax) return type;
  if (type.kind === 'array') return arrayOf(unknownType);
  if (type.kind === 'union') return mergeAll(type.members.map((member) => boundedType(member)));
  return anyObjectType;
}

/** The members of a union, or the type itself as the only member. */
export function membersOf(type: ValueType): readonly ValueType[] {
  return type.kind === 'union' ? type.members : [type];
}

/** The member of that kind, if values of the type can have it. Ask about `unknown` separately. */
export function memberOfKind<Kind extends ValueType['kind']>(
  type: ValueType,
  kind: Kind,
): Extract<ValueType, { kind: Kind }> | undefined {
  return membersOf(type).find((member): member is Extract<ValueType, { kind: Kind }> => member.kind === kind);
}

export function withoutNull(type: ValueType): ValueType {
  if (type.kind === 'unknown') return type;
  return mergeAll(membersOf(type).filter((member) => member.kind !== 'null'));
}

/** Whether some value has both types. */
export function typesOverlap(a: ValueType, b: ValueType): boolean {
  return membersOf(a).some((left) => membersOf(b).some((right) => membersOverlap(left, right)));
}

function membersOverlap(a: ValueType, b: ValueType): boolean {
  if (a.kind === 'never' || b.kind === 'never') return false;
  if (a.kind === 'unknown' || b.kind === 'unknown') return true;
  if (a.kind !== b.kind) return false;
  // Two arrays always share the empty one.
  if (a.kind !== 'object' || b.kind !== 'object') return true;
  return requiredFieldsFit(a, b) && requiredFieldsFit(b, a);
}

function requiredFieldsFit(a: ObjectType, b: ObjectType): boolean {
  return a.fields.every((field) => {
    if (field.optional) return true;
    const other = b.fields.find((candidate) => candidate.name === field.name);
    return other ? typesOverlap(field.type, other.type) : b.open;
  });
}

/** Whether every value of the one type has the other too. */
export function isWithinType(inner: ValueType, outer: ValueType): boolean {
  if (outer.kind === 'unknown') return true;
  return membersOf(inner).every(
    (member) => member.kind === 'never' || membersOf(outer).some((other) => isMemberWithin(member, other)),
  );
}

function isMemberWithin(inner: ValueType, outer: ValueType): boolean {
  if (inner.kind === 'array' && outer.kind === 'array') return isWithinType(inner.element, outer.element);
  if (inner.kind === 'object' && outer.kind === 'object') return isObjectWithin(inner, outer);
  return inner.kind === outer.kind;
}

function isObjectWithin(inner: ObjectType, outer: ObjectType): boolean {
  if (inner.open && !outer.open) return false;
  const given = new Map(inner.fields.map((field) => [field.name, field]));
  const isFitting = outer.fields.every((field) => {
    const known = given.get(field.name);
    given.delete(field.name);
    if (known) return (field.optional || !known.optional) && isWithinType(known.type, field.type);
    // A field that the inner type does not list is not there, or has any type.
    return field.optional && (!inner.open || field.type.kind === 'unknown');
  });
  return isFitting && (outer.open || given.size === 0);
}

/**
 * The type as the screen shows it: `number`, `string | null`, `[number]`, `{date, delay, … 5}`, where 5 is the number of all fields.
 * @param maxFields how many field names an object shows
 */
export function formatValueType(type: ValueType, maxFields = 3): string {
  switch (type.kind) {
    case 'array':
      return type.element.kind === 'never' ? '[]' : `[${formatValueType(type.element, maxFields)}]`;
    case 'object': {
      const names = type.fields.slice(0, maxFields).map((field) => field.name);
      if (type.fields.length > maxFields) names.push(`… ${type.fields.length}${type.open ? '+' : ''}`);
      else if (type.open) names.push('…');
      return `{${names.join(', ')}}`;
    }
    case 'union':
      return type.members.map((member) => formatValueType(member, maxFields)).join(' | ');
    default:
      return type.kind;
  }
}

/** The kind of a value as a message names it. */
export function kindOf(value: unknown): ValueKind | 'unknown' {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'array';
  const kind = typeof value;
  return kind === 'boolean' || kind === 'number' || kind === 'string' || kind === 'object' ? kind : 'unknown';
}
