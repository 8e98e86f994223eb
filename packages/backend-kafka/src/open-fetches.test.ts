import { setTimeout as wait } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { OpenFetches } from './open-fetches.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

interface Records {
  readonly bytes: Uint8Array;
}

const keptMs = 60_000;
const unanswered = new Promise<Records>(() => undefined);

test('a request that is under way is found by its name, and its outcome is there once it is answered', async () => {
  const open = new OpenFetches<Records>(keptMs);
  const records = { bytes: new Uint8Array(1) };
  const fetch = open.add('a', Promise.resolve(records));
  expect(open.get('a')).toBe(fetch);
  expect(fetch.outcome).toBeNull();
  await open.arrival();
  expect(fetch.outcome).toEqual({ value: records });
  expect(open.get('a')).toBe(fetch);
});

test('an answer that is taken is asked for again by the next, and those who share it still read it', async () => {
  const open = new OpenFetches<Records>(keptMs);
  const shared = open.add('a', Promise.resolve({ bytes: new Uint8Array(1) }));
  await open.arrival();
  open.take(shared);
  expect(open.get('a')).toBeUndefined();
  expect(shared.outcome).not.toBeNull();
  const next = open.add('a', unanswered);
  open.take(shared);
  expect(open.get('a')).toBe(next);
});

test('an error is not kept', async () => {
  const open = new OpenFetches<Records>(keptMs);
  const error = new Error('lost');
  const fetch = open.add('a', Promise.reject(error));
  await open.arrival();
  expect(fetch.outcome).toEqual({ error });
  await wait(0);
  expect(open.get('a')).toBeUndefined();
});

test('an answer that nobody takes is forgotten', async () => {
  const open = new OpenFetches<Records>(1);
  open.add('a', Promise.resolve({ bytes: new Uint8Array(1) }));
  await open.arrival();
  while (open.get('a') !== undefined) await wait(1);
});

test('nothing holds an answer that was taken, while another request stays open', async () => {
  const open = new OpenFetches<Records>(keptMs);
  const heldBack = open.add('held back', unanswered);
  const taken = await takeOne(open);
  await wait(0);
  collectGarbage();
  expect(taken.deref()).toBeUndefined();
  expect(heldBack.outcome).toBeNull();
});

async function takeOne(open: OpenFetches<Records>): Promise<WeakRef<Records>> {
  const arrival = open.arrival();
  const fetch = open.add('a', Promise.resolve({ bytes: new Uint8Array(1024) }));
  await arrival;
  const { outcome } = fetch;
  if (outcome === null || 'error' in outcome) throw new Error('no answer came');
  open.take(fetch);
  return new WeakRef(outcome.value);
}
