import type { RestoredRecords } from '@millrace/api';

/** What was seen of a restore at a moment. */
export interface RestoreSight extends RestoredRecords {
  readonly atMs: number;
}

/** A rate over less than this would jump about. */
const leastSpanMs = 2000;

/** 0 to 1. */
export function restoredShare({ records, totalRecords }: RestoredRecords): number {
  return totalRecords === 0 ? 0 : Math.min(1, records / totalRecords);
}

/** How long the rest takes at the pace since the first sight, milliseconds; null while that cannot be told. */
export function restoreLeftMs(first: RestoreSight | null, now: RestoreSight): number | null {
  if (first === null) return null;
  const spanMs = now.atMs - first.atMs;
  const records = now.records - first.records;
  if (spanMs < leastSpanMs || records <= 0) return null;
  return (Math.max(0, now.totalRecords - now.records) * spanMs) / records;
}
