import { Session } from 'node:inspector/promises';
import { EngineJob } from './engine-job.ts';
import type { Workload } from './workload.ts';

const warmUpRounds = 4;
const shownFunctions = 25;

interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  readonly children?: readonly number[] | undefined;
}

/** Prints which functions the engine spends its time in: alone, and with all that they call. */
export async function profile(workload: Workload): Promise<void> {
  const job = new EngineJob(workload);
  for (let round = 0; round < warmUpRounds; round++) {
    job.feed(workload.input(round).partitions);
    job.run();
  }
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: 200 });
  const { partitions } = workload.input(warmUpRounds);
  job.feed(partitions);
  globalThis.gc?.();
  await session.post('Profiler.start');
  job.run();
  const { profile: taken } = await session.post('Profiler.stop');
  session.disconnect();

  const nodes = new Map<number, ProfileNode>(taken.nodes.map((node) => [node.id, node]));
  const self = new Map<number, number>();
  const deltas = taken.timeDeltas ?? [];
  for (const [index, id] of (taken.samples ?? []).entries()) self.set(id, (self.get(id) ?? 0) + (deltas[index] ?? 0));
  const alone = new Map<string, number>();
  const withCallees = new Map<string, number>();
  const walk = (id: number, above: ReadonlySet<string>): number => {
    const node = nodes.get(id);
    if (node === undefined) return 0;
    const { functionName, lineNumber } = node.callFrame;
    const name = `${functionName || 'anonymous'}:${lineNumber + 1}`;
    const inside = new Set(above).add(name);
    let total = self.get(id) ?? 0;
    alone.set(name, (alone.get(name) ?? 0) + total);
    for (const child of node.children ?? []) total += walk(child, inside);
    if (!above.has(name)) withCallees.set(name, (withCallees.get(name) ?? 0) + total);
    return total;
  };
  const root = taken.nodes[0];
  const total = root === undefined ? 0 : walk(root.id, new Set());
  console.log(`${workload.name}: ${Math.round((total * 1000) / workload.records)} ns a record`);
  const rows = [...withCallees].map(([name, micros]) => ({ name, micros, alone: alone.get(name) ?? 0 }));
  const percent = (micros: number): string => `${((micros / total) * 100).toFixed(1).padStart(5)} %`;
  for (const by of ['alone', 'micros'] as const) {
    console.log(by === 'alone' ? '\n  alone    with callees' : '\n  with callees, largest first');
    for (const row of rows.toSorted((a, b) => b[by] - a[by]).slice(0, shownFunctions)) {
      console.log(`  ${percent(row.alone)}  ${percent(row.micros)}  ${row.name}`);
    }
  }
  console.log();
}
