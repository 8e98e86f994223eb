import type { StorePage } from '@millrace/api';
import type { StoreAnswer, StoreCursor, StoreQuery, StoreRefusal, StoreRow } from '@millrace/engine';

export interface TaskRefusal {
  readonly taskId: string;
  readonly reason: StoreRefusal;
}

/**
 * One page from the answers of many tasks, in the store's order. Where a task has more than it gave, nothing after its last row may be
 * shown: its next rows come before that.
 * @param kind decides the order: a window store gives the newest window first
 */
export function mergeAnswers(
  query: StoreQuery,
  kind: 'key-value' | 'window',
  partitions: number,
  answers: readonly StoreAnswer[],
  refusals: readonly TaskRefusal[],
  readAtMs: number,
): Omit<StorePage, 'isLive' | 'problem'> {
  const order = kind === 'window' ? newestWindowFirst : byKey;
  const bounds = answers.flatMap((answer) => (answer.more ? (answer.rows.at(-1)?.cursor ?? []) : []));
  const within = (row: StoreRow): boolean => bounds.every((bound) => order(row.cursor, bound) <= 0);
  const merged = answers
    .flatMap((answer) => answer.rows)
    .filter(within)
    .sort((left, right) => order(left.cursor, right.cursor));
  const rows = merged.slice(0, query.limit);
  const hasMore = merged.length > rows.length || answers.some((answer) => answer.more);
  return {
    rows,
    next: hasMore ? (rows.at(-1)?.cursor ?? null) : null,
    entries: answers.reduce((sum, answer) => sum + answer.entries, 0),
    windows: mergeWindows(answers),
    streamTime: answers.reduce<number | null>((most, { streamTime }) => greater(most, streamTime), null),
    graceMs: answers.find((answer) => answer.graceMs !== null)?.graceMs ?? null,
    coverage: { answered: answers.length, partitions, refusals },
    position: answers
      .map(({ taskId, position }) => `${taskId}:${position}`)
      .sort()
      .join(' '),
    readAtMs,
  };
}

function mergeWindows(answers: readonly StoreAnswer[]): StorePage['windows'] {
  const byStart = new Map<number, { start: number; end: number; entries: number }>();
  for (const { start, end, entries } of answers.flatMap((answer) => answer.windows)) {
    const known = byStart.get(start);
    byStart.set(start, { start, end, entries: (known?.entries ?? 0) + entries });
  }
  return [...byStart.values()].sort((left, right) => right.start - left.start);
}

function byKey(left: StoreCursor, right: StoreCursor): number {
  return left.key < right.key ? -1 : left.key > right.key ? 1 : 0;
}

function newestWindowFirst(left: StoreCursor, right: StoreCursor): number {
  return right.segment - left.segment || byKey(left, right);
}

function greater(left: number | null, right: number | null): number | null {
  return left === null || (right !== null && right > left) ? right : left;
}
