import { expect, it } from 'vitest';
import { GenerationGate } from './generation-gate.ts';

/** What has happened once everything that can go on has gone on. */
async function settled(log: string[]): Promise<string[]> {
  await new Promise((resolve) => setImmediate(resolve));
  return [...log];
}

function commit(gate: GenerationGate, log: string[], name: string): { finish(): void; readonly done: Promise<void> } {
  let finish: () => void = () => undefined;
  const work = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const done = gate.pass(async () => {
    log.push(`${name} begins`);
    await work;
    log.push(`${name} ends`);
  });
  return { finish, done };
}

it('lets commits pass beside each other while it is open', async () => {
  const gate = new GenerationGate();
  const log: string[] = [];
  commit(gate, log, 'a');
  commit(gate, log, 'b');
  expect(await settled(log)).toEqual(['a begins', 'b begins']);
});

it('closes when the last commit under way has ended, and holds back those that come', async () => {
  const gate = new GenerationGate();
  const log: string[] = [];
  const [first, second] = [commit(gate, log, 'a'), commit(gate, log, 'b')];
  await settled(log);
  void gate.close().then(() => log.push('closed'));
  const third = commit(gate, log, 'c');
  first.finish();
  expect(await settled(log)).toEqual(['a begins', 'b begins', 'a ends']);
  second.finish();
  expect((await settled(log)).slice(3)).toEqual(['b ends', 'closed']);
  gate.open();
  third.finish();
  await third.done;
  expect(log.slice(5)).toEqual(['c begins', 'c ends']);
});

it('gives up closing when it is opened, and can be closed again', async () => {
  const gate = new GenerationGate();
  const log: string[] = [];
  const first = commit(gate, log, 'a');
  const closing = gate.close();
  gate.open();
  await closing;
  void gate.close().then(() => log.push('closed'));
  expect(await settled(log)).toEqual(['a begins']);
  first.finish();
  expect(await settled(log)).toEqual(['a begins', 'a ends', 'closed']);
});

it('lets go of a commit that fails', async () => {
  const gate = new GenerationGate();
  await expect(gate.pass(() => Promise.reject(new Error('refused')))).rejects.toThrow('refused');
  await gate.close();
});
