import { expect, it, vi } from 'vitest';

vi.stubGlobal('WebSocket', class {});
const { keepEqual } = await import('./validation-store.ts');

it('keeps the objects that say the same, and the map when all do', () => {
  const before = new Map([
    ['a', { kind: 'number' }],
    ['b', { kind: 'string' }],
  ]);
  const same = new Map([
    ['a', { kind: 'number' }],
    ['b', { kind: 'string' }],
  ]);
  expect(keepEqual(before, same)).toBe(before);
  const other = keepEqual(before, new Map([...same, ['b', { kind: 'null' }]]));
  expect(other).not.toBe(before);
  expect(other.get('a')).toBe(before.get('a'));
  expect(other.get('b')).toEqual({ kind: 'null' });
  expect([...keepEqual(before, new Map([['a', { kind: 'number' }]])).keys()]).toEqual(['a']);
});
