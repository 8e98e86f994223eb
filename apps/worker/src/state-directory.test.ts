import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { claimStateDirectory } from './state-directory.ts';

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'millrace-state-'));
});

afterEach(() => rm(root, { recursive: true }));

async function leaveBehind(slot: number, pid: number | string): Promise<void> {
  await mkdir(join(root, `worker-${slot}`));
  await writeFile(join(root, `worker-${slot}`, 'owner'), String(pid));
}

it('passes by the directory of a worker that runs, and takes over that of one that has ended', async () => {
  // The process that started this one runs; no process has the greatest number.
  await leaveBehind(0, process.ppid);
  await leaveBehind(1, 2 ** 22 + 1);
  expect(await claimStateDirectory(root)).toBe(join(root, 'worker-1'));
});

it('takes over a directory whose owner file was cut short', async () => {
  await leaveBehind(0, '');
  expect(await claimStateDirectory(root)).toBe(join(root, 'worker-0'));
});

it('finds what it left when it has its own number again', async () => {
  await leaveBehind(0, process.pid);
  expect(await claimStateDirectory(root)).toBe(join(root, 'worker-0'));
});
