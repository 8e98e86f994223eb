import { expect, it } from 'vitest';
import { SignInLimit } from './sign-in-limit.ts';

it('takes ten failures of an address within a minute, and forgets them when it is over', () => {
  let nowMs = 0;
  const limit = new SignInLimit(() => nowMs);
  for (let count = 0; count < 10; count++) {
    expect(limit.isReached('one')).toBe(false);
    limit.failed('one');
  }
  expect(limit.isReached('one')).toBe(true);
  expect(limit.isReached('two')).toBe(false);
  nowMs = 59_999;
  expect(limit.isReached('one')).toBe(true);
  nowMs = 60_000;
  expect(limit.isReached('one')).toBe(false);
  limit.failed('one');
  expect(limit.isReached('one')).toBe(false);
});

it('remembers a bounded number of addresses, the newest', () => {
  const limit = new SignInLimit(() => 0);
  for (let count = 0; count < 10; count++) limit.failed('first');
  for (let address = 0; address < 10_000; address++) limit.failed(`${address}`);
  expect(limit.isReached('first')).toBe(false);
});
