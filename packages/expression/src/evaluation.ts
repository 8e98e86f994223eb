import { ExpressionFailure } from './failure.ts';
import { arrayLengthMax, resultDepthMax, resultSizeMax, stepsMax, stringLengthMax } from './limits.ts';
import type { Range } from './problem.ts';
import type { Scope } from './scope.ts';

/** What every node of the tree compiles to. */
export type Evaluate = (scope: Scope) => unknown;

/** Characters that are built or searched for the price of one step. */
const charactersPerStep = 256;

/**
 * Takes steps from the evaluation's budget. A step is one array element visited, one field copied in a loop, or 256 characters built or
 * searched. Parts without a loop cost nothing: the limit on nodes bounds them.
 */
export function charge(scope: Scope, steps: number, range: Range): void {
  scope.steps += steps;
  if (scope.steps > stepsMax) {
    throw new ExpressionFailure('steps', `This takes more than ${stepsMax} steps`, range);
  }
}

/** Charges for reading or building that many characters. */
export function chargeText(scope: Scope, length: number, range: Range): void {
  if (length >= charactersPerStep) charge(scope, Math.floor(length / charactersPerStep), range);
}

/** Charges for the worst case of looking for one text in another. */
export function chargeSearch(scope: Scope, text: string, wanted: string, range: Range): void {
  if (wanted.length <= text.length) chargeText(scope, text.length * (1 + wanted.length / 64), range);
}

/** Refuses a text that would be too long, and charges for one that is not. Call it before building the text. */
export function admitText(scope: Scope, length: number, range: Range): void {
  if (length > stringLengthMax) {
    throw new ExpressionFailure(
      'size',
      `This text would have ${length} characters, more than ${stringLengthMax}`,
      range,
    );
  }
  chargeText(scope, length, range);
}

/** Refuses an array that would be too long. Call it before building the array; who fills it also charges. */
export function limitArray(length: number, range: Range): void {
  if (length > arrayLengthMax) {
    throw new ExpressionFailure('size', `This list would have ${length} elements, more than ${arrayLengthMax}`, range);
  }
}

/** Refuses an array that would be too long, and charges for one that is not. Call it before building the array. */
export function admitArray(scope: Scope, length: number, range: Range): void {
  limitArray(length, range);
  charge(scope, length, range);
}

/** The place in something of that length, counted from its start, for one that may be negative and count from its end. */
export function placeWithin(length: number, place: number): number {
  return place < 0 ? Math.max(0, length + place) : Math.min(place, length);
}

/**
 * Refuses a value that is too deep or too large once written out. Loops can share one part many times, so that a small value in memory
 * is endless as JSON; walking stops at the bound.
 * @returns values plus string characters
 */
export function measure(value: unknown, range: Range): number {
  return measureWithin(value, 0, 0, range);
}

function measureWithin(value: unknown, size: number, depth: number, range: Range): number {
  let total = size + 1;
  if (typeof value === 'string') total += value.length;
  if (typeof value === 'object' && value !== null) {
    if (depth >= resultDepthMax) {
      throw new ExpressionFailure('size', `This is nested deeper than ${resultDepthMax} levels`, range);
    }
    if (Array.isArray(value)) {
      for (const element of value) total = measureWithin(element, total, depth + 1, range);
    } else {
      for (const name of Object.keys(value)) {
        total = measureWithin(Reflect.get(value, name), total + name.length, depth + 1, range);
      }
    }
  }
  if (total > resultSizeMax) throw new ExpressionFailure('size', 'This would be too large once written out', range);
  return total;
}

/** The text of a number, boolean, null or text, as JSON writes it without quotes; undefined for lists and objects. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (value === null || value === undefined) return 'null';
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

/** Gives an object an own field, whatever the name. Assigning `__proto__` is the one that would do something else. */
export function setField(object: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__') {
    Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
  } else {
    object[name] = value;
  }
}
