import { describe, expect, it } from 'vitest';
import { compileExpression } from './compile.ts';
import { Scope } from './scope.ts';
import { LazyData } from './testing/lazy-data.ts';

const unknown = { kind: 'unknown' } as const;

function lazily(source: string): { readonly result: unknown; readonly wasWanted: boolean } {
  const compiled = compileExpression(source, { value: unknown, left: unknown, right: unknown });
  if (!compiled.ok) throw new Error(`${source} does not compile`);
  const root = new LazyData({ delay: 20, city: { name: 'Oslo' }, list: [1] });
  const scope = new Scope();
  Object.assign(scope, { value: root, left: root, right: root });
  return { result: compiled.expression.evaluateLazily(scope), wasWanted: root.wasWanted };
}

describe('of a lazy root', () => {
  it.each([
    ['value.delay > 15', true],
    ['value.city.name', 'Oslo'],
    ['value.city?.name', 'Oslo'],
    ['left.delay + right.delay', 40],
    ['value.absent ?? 1', 1],
    ['value.list[0]', 1],
  ])('%s reads the fields that it names and nothing else', (source, expected) => {
    expect(lazily(source)).toEqual({ result: expected, wasWanted: false });
  });

  it('{ ...left, airport: right.city } is a lazy value again', () => {
    const { result, wasWanted } = lazily('{ ...left, airport: right.city }');
    expect(wasWanted).toBe(false);
    expect(result).toBeInstanceOf(LazyData);
    expect(JSON.stringify(result)).toBe('{"delay":20,"city":{"name":"Oslo"},"list":[1],"airport":{"name":"Oslo"}}');
  });

  it.each(['value', 'value ?? left', 'left.delay > 15 ? left : null', 'value.delay > 90 ? 1 : { ...value, a: 1 }'])(
    '%s is passed on as it is',
    (source) => {
      const { result, wasWanted } = lazily(source);
      expect(wasWanted).toBe(false);
      expect(result).toBeInstanceOf(LazyData);
    },
  );

  it.each(['{ ...value, ...left }', '{ delay: 1, ...value }', '[value]', 'keys(value)'])('%s is plain', (source) => {
    const { result, wasWanted } = lazily(source);
    expect(wasWanted).toBe(true);
    expect(result).not.toBeInstanceOf(LazyData);
  });
});
