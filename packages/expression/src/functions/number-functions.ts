import { arrayOf, kindOf, numberType, stringType, unionOf } from '../value-type.ts';
import { type Call, defineFunction, type FunctionKind } from './function-kind.ts';

const x = { name: 'x', kind: 'number' } as const;

function numeric(name: string, summary: string, example: string, compute: (value: number) => number): FunctionKind {
  return defineFunction({ name, signature: `${name}(x)`, summary, example }, [x], numberType, (call, value) =>
    call.finite(compute(value)),
  );
}

/** Rounds in decimal, so that 1.005 with 2 digits is 1.01 although its binary form is a little less. Halves go up. */
function roundTo(value: number, digits: number): number {
  if (Number.isInteger(value) && digits >= 0) return value;
  return shift(Math.round(shift(value, digits)), -digits);
}

function shift(value: number, digits: number): number {
  const [mantissa = '', exponent = '0'] = String(value).split('e');
  return Number(`${mantissa}e${Number(exponent) + digits}`);
}

/** No digit can belong to two parts of this, so a text that is no number is refused in one pass over it. */
const decimalNumber = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;

/** A sentence that says why a text is no number that we can hold; the number when it is one. */
function readNumber(text: string): number | string {
  const trimmed = text.trim();
  if (!decimalNumber.test(trimmed)) return `'${shorten(trimmed)}' is not a number`;
  const value = Number(trimmed);
  const isInteger = /^[+-]?\d+$/.test(trimmed);
  if (!Number.isFinite(value) || (isInteger && !Number.isSafeInteger(value))) {
    return `${shorten(trimmed)} is beyond what a number holds exactly, ±(2^53−1). Keep it as a text`;
  }
  return value;
}

function parseNumber(call: Call, value: unknown, otherwise: unknown): unknown {
  if (typeof value === 'number') return value;
  if (typeof value === 'string') {
    call.chargeText(value.length);
    const read = readNumber(value);
    if (typeof read === 'number') return read;
    return otherwise === undefined ? call.fail(read.endsWith('a number') ? 'type' : 'range', read) : otherwise;
  }
  return otherwise === undefined ? call.fail('type', `number needs a text, not ${kindOf(value)}`) : otherwise;
}

/** A text as it fits into a message. */
export function shorten(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

export const numberFunctions: readonly FunctionKind[] = [
  numeric('abs', 'The number without its sign.', 'abs(-3) → 3', Math.abs),
  numeric('ceil', 'The next whole number upwards.', 'ceil(2.1) → 3', Math.ceil),
  numeric('floor', 'The next whole number downwards.', 'floor(-2.1) → -3', Math.floor),
  numeric('trunc', 'The number without its fraction.', 'trunc(-2.9) → -2', Math.trunc),
  numeric('sqrt', 'The square root. Fails for a negative number.', 'sqrt(9) → 3', Math.sqrt),
  numeric(
    'sign',
    '-1, 0 or 1, as the number is below, at or above zero.',
    'sign(-3) → -1',
    (value) => Math.sign(value) + 0,
  ),
  numeric('exp', 'e to the power of the number.', 'exp(0) → 1', Math.exp),
  numeric('log', 'The natural logarithm. Fails for a number that is not above zero.', 'log(1) → 0', Math.log),
  numeric('log2', 'The logarithm to base 2.', 'log2(8) → 3', Math.log2),
  numeric('log10', 'The logarithm to base 10.', 'log10(1000) → 3', Math.log10),
  defineFunction(
    {
      name: 'pow',
      signature: 'pow(x, exponent)',
      summary: 'The number to that power, like **.',
      example: 'pow(2, 10) → 1024',
    },
    [x, { name: 'exponent', kind: 'number' }],
    numberType,
    (call, value, exponent) => call.finite(value ** exponent),
  ),
  defineFunction(
    {
      name: 'clamp',
      signature: 'clamp(x, low, high)',
      summary: 'The number, or the bound that it is beyond.',
      example: 'clamp(15, 0, 10) → 10',
    },
    [x, { name: 'low', kind: 'number' }, { name: 'high', kind: 'number' }],
    numberType,
    (call, value, low, high) => {
      if (low > high) return call.fail('range', `clamp needs bounds in order, not ${low} and ${high}`);
      return Math.min(Math.max(value, low), high);
    },
  ),
  defineFunction(
    {
      name: 'round',
      signature: 'round(x, digits?)',
      summary: 'Rounds to that many digits after the point, or to a whole number. Halves go up.',
      example: 'round(1.005, 2) → 1.01',
    },
    [x, { name: 'digits', kind: 'integer', optional: true }],
    numberType,
    (call, value, digits = 0) => {
      if (digits < -15 || digits > 15) return call.fail('range', 'round takes -15 to 15 digits');
      return call.finite(roundTo(value, digits));
    },
  ),
  defineFunction(
    {
      name: 'toFixed',
      signature: 'toFixed(x, digits)',
      summary: 'The number as a text with exactly that many digits after the point, rounded like round.',
      example: 'toFixed(2.5, 2) → "2.50"',
    },
    [x, { name: 'digits', kind: 'integer' }],
    stringType,
    (call, value, digits) => {
      if (digits < 0 || digits > 15) return call.fail('range', 'toFixed takes 0 to 15 digits');
      if (Math.abs(value) >= 1e21) return call.fail('range', `toFixed takes numbers below 1e21, not ${value}`);
      return roundTo(value, digits).toFixed(digits);
    },
  ),
  defineFunction(
    { name: 'min', signature: 'min(a, b, …)', summary: 'The smallest of the numbers.', example: 'min(3, 1, 2) → 1' },
    [x, { name: 'others', kind: 'number', rest: true }],
    numberType,
    (_call, first, ...others) => Math.min(first, ...others),
  ),
  defineFunction(
    { name: 'max', signature: 'max(a, b, …)', summary: 'The greatest of the numbers.', example: 'max(3, 1, 2) → 3' },
    [x, { name: 'others', kind: 'number', rest: true }],
    numberType,
    (_call, first, ...others) => Math.max(first, ...others),
  ),
  defineFunction(
    {
      name: 'number',
      signature: 'number(text, otherwise?)',
      summary:
        'Reads a decimal number. When the text is anything else, the second value if there is one; else it fails.',
      example: "number(' 12.50 ') → 12.5",
    },
    [
      { name: 'text', kind: 'primitive' },
      { name: 'otherwise', kind: 'any', optional: true },
    ],
    ({ args: [, otherwise = numberType] }) => unionOf(numberType, otherwise),
    parseNumber,
  ),
  defineFunction(
    {
      name: 'string',
      signature: 'string(x)',
      summary: 'The text of a number, boolean, null or text. For lists and objects use toJson.',
      example: 'string(1.50) → "1.5"',
    },
    [{ name: 'x', kind: 'primitive' }],
    stringType,
    (_call, value) => String(value),
  ),
  defineFunction(
    {
      name: 'range',
      signature: 'range(start, end, step?)',
      summary: 'The numbers from start up to, without, end, in steps of 1 or as given. A negative step counts down.',
      example: 'range(0, 10, 4) → [0,4,8]',
    },
    [
      { name: 'start', kind: 'number' },
      { name: 'end', kind: 'number' },
      { name: 'step', kind: 'number', optional: true },
    ],
    arrayOf(numberType),
    (call, from, to, step = 1) => {
      if (step === 0) return call.fail('range', 'range needs a step other than 0');
      const length = Math.max(0, Math.ceil((to - from) / step));
      call.admitArray(length);
      return Array.from({ length }, (_, place) => from + place * step);
    },
  ),
];
