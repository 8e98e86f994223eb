import { kindOf, numberType, stringType } from '../value-type.ts';
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

function parseNumber(call: Call, value: unknown): number {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') return call.fail('type', `number needs a text, not ${kindOf(value)}`);
  call.chargeText(value.length);
  const text = value.trim();
  if (!decimalNumber.test(text)) return call.fail('type', `'${shorten(text)}' is not a number`);
  return call.finite(Number(text));
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
      signature: 'number(text)',
      summary: 'Reads a decimal number. Fails when the text is anything else.',
      example: "number(' 12.50 ') → 12.5",
    },
    [{ name: 'text', kind: 'primitive' }],
    numberType,
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
];
