import { expect, it } from 'vitest';
import { BatchMemory } from './batch-memory.ts';

it('gives memory again that was given back, where it fits', () => {
  const memory = new BatchMemory();
  const first = memory.take(900_000);
  expect(first.byteLength).toBe(900_000);
  const second = memory.take(900_000);
  expect(second.buffer).not.toBe(first.buffer);
  memory.giveBack(first);
  const third = memory.take(890_000);
  expect([third.buffer, third.byteLength]).toEqual([first.buffer, 890_000]);
  memory.giveBack(second);
  memory.giveBack(third);
  expect(memory.take(2_000_000).buffer.byteLength).toBeGreaterThanOrEqual(2_000_000);
});

it('does not give a large piece for a small batch', () => {
  const memory = new BatchMemory();
  const large = memory.take(4_000_000);
  memory.giveBack(large);
  expect(memory.take(1_000).buffer).not.toBe(large.buffer);
  expect(memory.take(3_000_000).buffer).toBe(large.buffer);
});

it('keeps no more than 32 MB', () => {
  const memory = new BatchMemory();
  const taken = Array.from({ length: 5 }, () => memory.take(10_000_000));
  for (const bytes of taken) memory.giveBack(bytes);
  const again = taken.map(() => memory.take(10_000_000).buffer);
  expect(taken.filter(({ buffer }) => again.includes(buffer))).toHaveLength(3);
});
