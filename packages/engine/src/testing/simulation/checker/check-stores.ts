import { decodeSegment, segmentBytes } from '../../../state/store-address.ts';
import type { StoreAnswer, StoreQuery, StoreRow } from '../../../state/store-query.ts';
import type { StoreSpec } from '../../../topology/topology.ts';
import type { SimulatedRun } from '../simulate.ts';
import type { WorkerProcess } from '../worker-process.ts';
import type { ModelRow } from './model-record.ts';
import type { ModelTask } from './model-task.ts';
import type { TopicContents } from './topic-contents.ts';

/**
 * Every store at the end: what a worker sees in it is what its changelog says, read here from the first record on; so is what lies on the
 * disk after a last flush; and where the checker knows the rows, they are those.
 */
export async function checkStores(
  run: SimulatedRun,
  contents: TopicContents,
  tasks: ReadonlyMap<string, ModelTask>,
): Promise<readonly string[]> {
  const problems: string[] = [];
  const stores = new Map(run.topology.stores.map((spec) => [spec.name, spec]));
  for (const owner of run.cluster.owners) {
    for (const task of owner.group.tasks) {
      for (const [name, store] of task.stores) {
        const spec = stores.get(name);
        if (spec === undefined) continue;
        const should = replayed(spec, contents, task.partition);
        const seen: string[] = [];
        for (const { segment } of store.segments()) {
          for (const { key, stored } of store.scanCommitted(segment, null)) {
            seen.push(entryLine(segment, key, stored.timestamp, JSON.stringify(stored.value)));
          }
        }
        problems.push(...difference(`The store ${name} of task ${task.id}`, seen, should));
        if (store.count !== should.length) problems.push(`${name} counts ${store.count} entries of ${should.length}.`);
      }
      problems.push(...checkRows(run, owner, task.id, tasks));
    }
    await flushAll(owner);
    for (const task of owner.group.tasks) {
      for (const name of task.stores.keys()) {
        const spec = stores.get(name);
        if (spec === undefined) continue;
        const table = owner.machine.stores(task.id).table(name);
        const lines = [...table.scan({ from: null, to: null })].map(({ segment, key, timestamp, value }) =>
          entryLine(segment, key, timestamp, value),
        );
        problems.push(
          ...difference(`The table of ${name} of task ${task.id}`, lines, replayed(spec, contents, task.partition)),
        );
      }
    }
  }
  return problems;
}

/** The rows as users see them, of stores of nodes whose rows the checker knows. */
function checkRows(
  { topology }: SimulatedRun,
  owner: WorkerProcess,
  taskId: string,
  tasks: ReadonlyMap<string, ModelTask>,
): readonly string[] {
  const problems: string[] = [];
  for (const name of topology.stores.map((spec) => spec.name)) {
    const spec = topology.stores.find((one) => one.name === name && name === `${topology.pipeline}-${one.node}-store`);
    const node = spec?.node;
    const expected = node === undefined ? undefined : tasks.get(taskId)?.rows(node);
    if (expected === undefined) continue;
    const rows: StoreRow[] = [];
    let after: StoreRow['cursor'] | null = null;
    let isOwned = false;
    for (let more = true; more; ) {
      const query: StoreQuery = {
        store: name,
        select: { by: 'all' as const },
        fromMs: null,
        toMs: null,
        after,
        limit: 500,
      };
      const answer: StoreAnswer | undefined = owner.group.query(query).answers.find((one) => one.taskId === taskId);
      isOwned ||= answer !== undefined;
      rows.push(...(answer?.rows ?? []));
      more = answer?.more ?? false;
      after = answer?.rows.at(-1)?.cursor ?? null;
    }
    if (!isOwned || node === undefined) continue;
    const expired = new Set(tasks.get(taskId)?.expired(node).map(rowLine));
    const shown = rows.map(rowLine).filter((line) => !expired.has(line));
    problems.push(...difference(`What is shown of ${name} by task ${taskId}`, shown, expected.map(rowLine)));
  }
  return problems;
}

async function flushAll({ group, machine }: WorkerProcess): Promise<void> {
  for (const { taskId, slices, done } of group.beginFlush()) {
    await machine.stores(taskId).write(slices);
    done();
  }
}

/** What a changelog says: the last value of each address that was not deleted. */
function replayed(spec: StoreSpec, contents: TopicContents, partition: number): readonly string[] {
  const entries = new Map<string, string>();
  for (const { key, value, timestamp } of contents.partition(spec.changelogTopic, partition)) {
    const address = key ?? '';
    if (value === null) {
      entries.delete(address);
      continue;
    }
    const isWindow = spec.kind === 'window';
    const segment = isWindow ? decodeSegment(address) : 0;
    entries.set(address, entryLine(segment, isWindow ? address.slice(segmentBytes) : address, timestamp, value));
  }
  return [...entries.values()];
}

function entryLine(segment: number, key: string, timestamp: number, value: string): string {
  return JSON.stringify([segment, key, timestamp, JSON.parse(value)]);
}

function rowLine({ key, window, value, timestamp }: ModelRow | StoreRow): string {
  return JSON.stringify([key, window?.start ?? null, window?.end ?? null, value, timestamp]);
}

function difference(what: string, is: readonly string[], should: readonly string[]): readonly string[] {
  const [isSet, shouldSet] = [new Set(is), new Set(should)];
  const extra = is.filter((line) => !shouldSet.has(line));
  const missing = should.filter((line) => !isSet.has(line));
  if (extra.length === 0 && missing.length === 0 && is.length === should.length) return [];
  return [
    `${what} has\n    ${extra.slice(0, 10).join('\n    ')}\n  and lacks\n    ${missing.slice(0, 10).join('\n    ')}`,
  ];
}
