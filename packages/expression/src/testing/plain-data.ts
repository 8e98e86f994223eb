/**
 * What makes a value something other than plain JSON data, or undefined when nothing does. A part that the value names many times is
 * looked at once: a small value that shares its parts can be millions of values once written out.
 */
export function flawInData(value: unknown): string | undefined {
  return flawWithin(value, new Set());
}

function flawWithin(value: unknown, seen: Set<unknown>): string | undefined {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return undefined;
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : `the number ${value}`;
  if (typeof value !== 'object') return `a ${typeof value}`;
  if (seen.has(value)) return undefined;
  seen.add(value);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== (Array.isArray(value) ? Array.prototype : Object.prototype)) return 'an object with a prototype';
  if (Object.getOwnPropertySymbols(value).length > 0) return 'a symbol as a name';
  for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(value))) {
    if (Array.isArray(value) && name === 'length') continue;
    if (property.get ?? property.set) return `code behind ${name}`;
    if (!property.enumerable) return `a hidden ${name}`;
    const flaw = flawWithin(property.value, seen);
    if (flaw !== undefined) return flaw;
  }
  return undefined;
}
