import { describe, expect, it } from 'vitest';
import { parseArrow } from './parse-arrow.ts';

describe('parseArrow', () => {
  it('gives the parameters and the expression', () => {
    const { parameters, body } = parseArrow('(k, v) => k % 3 === 0');
    expect(parameters).toEqual(['k', 'v']);
    expect(body).toMatchObject({ kind: 'expression', expression: { type: 'BinaryExpression', operator: '===' } });
  });

  it('gives the statements of a body in braces', () => {
    const { parameters, body } = parseArrow("(v) => { if (v === 'x') throw new Error('x'); return v; }");
    expect(parameters).toEqual(['v']);
    expect(body.kind === 'block' && body.statements.map(({ type }) => type)).toEqual([
      'IfStatement',
      'ReturnStatement',
    ]);
  });

  it.each([
    ['1 + 1', 'This is not an arrow function.'],
    ['async (v) => v', 'An asynchronous function cannot be rewritten.'],
    ['({ a }) => a', 'Parameters must be plain names.'],
    ['(v) => v v', 'v is not expected here.'],
    ['', 'Write an expression.'],
  ])('refuses %j', (source, message) => {
    expect(() => parseArrow(source)).toThrow(new SyntaxError(message));
  });
});
