import type { Counters, counterNames, Pipeline } from '@millrace/engine';

const shown = [
  'in',
  'out',
  'forwarded',
  'absorbed',
  'filtered',
  'late',
  'nullKey',
  'failed',
  'timed',
] as const satisfies readonly (typeof counterNames)[number][];
const titles: { readonly [name: string]: string } = { nullKey: 'null key' };
const optional = new Set<string>(['absorbed', 'late', 'nullKey', 'failed', 'timed']);

/** What became of every record, a row a node; of the rarer fates only those that occurred. */
export function runSummary(pipeline: Pipeline, counters: ReadonlyMap<string, Counters>): string {
  const rows = pipeline.nodes.flatMap((node) => {
    const counted = counters.get(node.id);
    return counted === undefined ? [] : [{ name: node.name, counted }];
  });
  const columns = shown.filter((name) => !optional.has(name) || rows.some(({ counted }) => counted[name] > 0));
  const table = [
    ['node', ...columns.map((name) => titles[name] ?? name)],
    ...rows.map(({ name, counted }) => [name, ...columns.map((column) => counted[column].toLocaleString('en-US'))]),
  ];
  const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? [];
  return table
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join('  '),
    )
    .join('\n');
}
