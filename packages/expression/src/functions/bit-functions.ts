import { numberType } from '../value-type.ts';
import { type Call, defineFunction, type FunctionKind } from './function-kind.ts';

/** A whole number that 32 bits hold, with a sign or without. Others would lose their upper bits unseen. */
function word(call: Call, value: number): number {
  if (value >= -0x8000_0000 && value <= 0xffff_ffff) return value;
  return call.fail('range', `${call.name} works on 32 bits, and ${value} has more`);
}

function pair(name: string, summary: string, example: string, compute: (a: number, b: number) => number): FunctionKind {
  const doc = { name, signature: `${name}(a, b)`, summary, example };
  const parameters = [
    { name: 'a', kind: 'integer' },
    { name: 'b', kind: 'integer' },
  ] as const;
  return defineFunction(doc, parameters, numberType, (call, a, b) => compute(word(call, a), word(call, b)));
}

function shift(
  name: string,
  summary: string,
  example: string,
  compute: (x: number, bits: number) => number,
): FunctionKind {
  const doc = { name, signature: `${name}(x, bits)`, summary, example };
  const parameters = [
    { name: 'x', kind: 'integer' },
    { name: 'bits', kind: 'integer' },
  ] as const;
  return defineFunction(doc, parameters, numberType, (call, x, bits) => {
    if (bits < 0 || bits > 31) return call.fail('range', `${name} takes 0 to 31 bits`);
    return compute(word(call, x), bits);
  });
}

/** Functions of the 32 bits of a whole number. Results have a sign, but for shiftRightUnsigned. */
export const bitFunctions: readonly FunctionKind[] = [
  pair('bitAnd', 'The bits that both numbers have.', 'bitAnd(12, 10) → 8', (a, b) => a & b),
  pair('bitOr', 'The bits that at least one of the numbers has.', 'bitOr(12, 10) → 14', (a, b) => a | b),
  pair('bitXor', 'The bits that only one of the numbers has.', 'bitXor(12, 10) → 6', (a, b) => a ^ b),
  defineFunction(
    { name: 'bitNot', signature: 'bitNot(x)', summary: 'All bits turned over.', example: 'bitNot(5) → -6' },
    [{ name: 'x', kind: 'integer' }],
    numberType,
    (call, x) => ~word(call, x),
  ),
  shift('shiftLeft', 'The bits moved up, 32 at most are kept.', 'shiftLeft(3, 4) → 48', (x, bits) => x << bits),
  shift('shiftRight', 'The bits moved down; the sign stays.', 'shiftRight(-48, 4) → -3', (x, bits) => x >> bits),
  shift(
    'shiftRightUnsigned',
    'The bits moved down with zeros above: 0 to 4294967295.',
    'shiftRightUnsigned(-1, 28) → 15',
    (x, bits) => x >>> bits,
  ),
];
