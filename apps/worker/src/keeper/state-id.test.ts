import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { dropOtherState } from './state-id.ts';

let data: string;
let store: string;
beforeEach(async () => {
  data = mkdtempSync(join(tmpdir(), 'millrace-state-id-'));
  const directory = join(data, 'state', 'p', 'worker-0');
  store = join(directory, 'data.mdb');
  await mkdir(directory, { recursive: true });
  await writeFile(store, 'rows');
});
afterEach(() => rmSync(data, { recursive: true }));

it('keeps the stores of the same state, and removes those of another', async () => {
  await dropOtherState(data, 'p', '');
  expect(existsSync(store)).toBe(true);
  await dropOtherState(data, 'p', 'after-a-reset');
  expect(existsSync(store)).toBe(false);
  await mkdir(join(store, '..'), { recursive: true });
  await writeFile(store, 'rows');
  await dropOtherState(data, 'p', 'after-a-reset');
  expect(existsSync(store)).toBe(true);
});

it('leaves other pipelines alone', async () => {
  await dropOtherState(data, 'p-2', 'one');
  expect(existsSync(store)).toBe(true);
});
