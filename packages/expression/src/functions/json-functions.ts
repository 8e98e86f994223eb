import { measure } from '../evaluation.ts';
import { formatPath, unsafeNumbers } from '../json-numbers.ts';
import { stringLengthMax } from '../limits.ts';
import { stringType, unknownType } from '../value-type.ts';
import { type Call, defineFunction, type FunctionKind } from './function-kind.ts';

/** The value of a JSON text; undefined when it is not JSON. */
function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Refuses numbers that JSON can spell and we cannot hold. */
function checkNumbers(call: Call, text: string): void {
  const [unsafe] = unsafeNumbers(text);
  if (unsafe === undefined) return;
  const digits = text.slice(unsafe.start, Math.min(unsafe.end, unsafe.start + 30));
  const where = unsafe.path.length === 0 ? '' : ` in ${formatPath(unsafe.path)}`;
  call.fail('range', `This JSON has the number ${digits}${where}, beyond ±(2^53−1). Write it as a text`);
}

export const jsonFunctions: readonly FunctionKind[] = [
  defineFunction(
    {
      name: 'toJson',
      signature: 'toJson(x)',
      summary: 'The JSON text of any value.',
      example: 'toJson([1, null]) → "[1,null]"',
    },
    [{ name: 'x', kind: 'any' }],
    stringType,
    (call, value) => {
      const size = measure(value, call);
      if (size > stringLengthMax) call.admitText(size);
      const text = JSON.stringify(value);
      call.charge(Math.floor(size / 16));
      call.admitText(text.length);
      return text;
    },
  ),
  defineFunction(
    {
      name: 'parseJson',
      signature: 'parseJson(text, otherwise?)',
      summary:
        'The value that a JSON text spells. When it is not JSON, the second value if there is one; else it fails.',
      example: 'parseJson(\'{"a":[1]}\') → {"a":[1]}',
    },
    [
      { name: 'text', kind: 'string' },
      { name: 'otherwise', kind: 'any', optional: true },
    ],
    unknownType,
    (call, text, otherwise) => {
      call.admitText(text.length);
      call.charge(Math.floor(text.length / 16));
      const value = readJson(text);
      if (value === undefined) return otherwise === undefined ? call.fail('type', 'This text is not JSON') : otherwise;
      measure(value, call);
      checkNumbers(call, text);
      return value;
    },
  ),
];
