import { expect, it } from 'vitest';
import { whenDrained } from './when-drained.ts';

it('gives a slow reader the newest and none of what it missed', async () => {
  const socket = { bufferedAmount: 0, readyState: 1, OPEN: 1 };
  let now = 0;
  async function* frames() {
    for (;;) yield now;
  }
  const given = whenDrained(socket, frames());
  expect((await given.next()).value).toBe(0);
  socket.bufferedAmount = 1024 * 1024;
  const next = given.next();
  now = 41;
  expect(await Promise.race([next, new Promise((resolve) => setTimeout(resolve, 120, 'waiting'))])).toBe('waiting');
  now = 42;
  socket.bufferedAmount = 0;
  expect((await next).value).toBe(42);
  await given.return(undefined);
});

it('waits for no socket that is closed', async () => {
  const socket = { bufferedAmount: 1024 * 1024, readyState: 3, OPEN: 1 };
  const given = whenDrained(
    socket,
    (async function* () {
      yield 1;
      yield 2;
    })(),
  );
  expect((await given.next()).value).toBe(1);
  expect((await given.next()).value).toBe(2);
});
