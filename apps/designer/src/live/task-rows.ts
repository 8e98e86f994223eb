import type { TaskView } from '@millrace/api';

/** The partitions of one sub-topology: `0–3, 6`. A partition whose task does not run yet stands in brackets. */
export interface TaskRow {
  readonly part: string;
  readonly partitions: string;
}

/** Tasks by sub-topology, with runs of partitions drawn together. */
export function taskRows(tasks: readonly TaskView[]): readonly TaskRow[] {
  const byPart = new Map<number, { readonly partition: number; readonly runs: boolean }[]>();
  for (const { taskId, state } of tasks) {
    const [part = 0, partition = 0] = taskId.split('_').map(Number);
    const row = byPart.get(part) ?? [];
    byPart.set(part, row);
    row.push({ partition, runs: state === 'running' });
  }
  return [...byPart]
    .sort(([left], [right]) => left - right)
    .map(([part, row]) => ({ part: String(part), partitions: rangesOf(row) }));
}

function rangesOf(row: readonly { readonly partition: number; readonly runs: boolean }[]): string {
  const ranges: { from: number; to: number; runs: boolean }[] = [];
  for (const { partition, runs } of row.toSorted((left, right) => left.partition - right.partition)) {
    const last = ranges.at(-1);
    if (last !== undefined && last.to === partition - 1 && last.runs === runs) last.to = partition;
    else ranges.push({ from: partition, to: partition, runs });
  }
  return ranges
    .map(({ from, to, runs }) => {
      const range = from === to ? `${from}` : to === from + 1 ? `${from}, ${to}` : `${from}–${to}`;
      return runs ? range : `(${range})`;
    })
    .join(', ');
}
