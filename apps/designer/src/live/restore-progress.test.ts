import { expect, it } from 'vitest';
import { restoredShare, restoreLeftMs } from './restore-progress.ts';

const at = (atMs: number, records: number, totalRecords = 1000) => ({ atMs, records, totalRecords });

it('takes the pace since the first sight for what is left', () => {
  expect(restoreLeftMs(at(0, 100), at(4000, 300))).toBe(14_000);
});

it('tells nothing before there is a pace', () => {
  expect(restoreLeftMs(null, at(4000, 300))).toBeNull();
  expect(restoreLeftMs(at(0, 100), at(500, 300))).toBeNull();
  expect(restoreLeftMs(at(0, 100), at(9000, 100))).toBeNull();
});

it('never says less than nothing, or more than all', () => {
  expect(restoreLeftMs(at(0, 0), at(4000, 1200))).toBe(0);
  expect(restoredShare(at(0, 1200))).toBe(1);
  expect(restoredShare(at(0, 0, 0))).toBe(0);
});
