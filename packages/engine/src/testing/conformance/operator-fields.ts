import type { CaseOperator } from './conformance-case.ts';
import { Inexpressible } from './inexpressible.ts';

type Fields = CaseOperator | { readonly [name: string]: unknown };

/** A text that an operator of a case must have. */
export function textField(fields: Fields, name: string): string {
  const value = optionalText(fields, name);
  if (value === undefined) throw new Inexpressible(`${String(fields.op ?? 'a window')} without ${name}`);
  return value;
}

export function optionalText(fields: Fields, name: string): string | undefined {
  const value = fields[name];
  return typeof value === 'string' ? value : undefined;
}

/** A number of an operator; Java's greatest long is our greatest safe integer: both mean for ever. */
export function numberField(fields: Fields, name: string, absent?: number | undefined): number {
  const value = fields[name];
  if (typeof value === 'number') return value;
  if (value === 'MAX_LONG') return Number.MAX_SAFE_INTEGER;
  if (value === undefined && absent !== undefined) return absent;
  throw new Inexpressible(`${name} is ${JSON.stringify(value) ?? 'missing'}`);
}

export function listField(fields: Fields, name: string): readonly unknown[] {
  const value = fields[name];
  if (value === undefined) throw new Inexpressible(`${String(fields.op)} without ${name}`);
  return Array.isArray(value) ? value : [value];
}

export function objectField(fields: Fields, name: string): { readonly [name: string]: unknown } {
  const value = fields[name];
  if (!isObject(value)) throw new Inexpressible(`${String(fields.op)} without ${name}`);
  return value;
}

export function isObject(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
