import type { SourcePosition } from '../../../log/log.ts';
import { addCounters, type Counters, emptyCounters, missingFates } from '../../../metrics/fates.ts';
import { nodeCounters } from '../../../metrics/node-counters.ts';
import { countersFromArray } from '../../../metrics/processor-counters.ts';
import type { LedgerEntry } from '../ledger-log.ts';
import type { SimulatedRun } from '../simulate.ts';
import { checkStores } from './check-stores.ts';
import { isInterleaving } from './interleaving.ts';
import { ModelPipeline } from './model-pipeline.ts';
import type { LogRecord } from './model-record.ts';
import { deadLetterLine, lineOf, ModelTask, type Run, type Written } from './model-task.ts';
import { TopicContents } from './topic-contents.ts';

/** What a commit says of one of its tasks in the journal. */
interface JournalEntry {
  readonly taskId: string;
  readonly epoch: number;
  readonly positions: readonly SourcePosition[];
  readonly taken: readonly Run[];
}

/**
 * Plays a run again by the journal that its commits left, with other code, and says where it differs: records written, stores, positions.
 * Empty when all is right. It stops at the first commit that is wrong, since what follows would be too.
 */
export async function checkRun(run: SimulatedRun): Promise<readonly string[]> {
  if (run.stuck !== null) return [run.stuck];
  try {
    return await new RunCheck(run).problems();
  } catch (error) {
    return [error instanceof Error ? `${error.message}\n${error.stack ?? ''}` : String(error)];
  }
}

class RunCheck {
  readonly #run: SimulatedRun;
  readonly #contents: TopicContents;
  readonly #tasks: ReadonlyMap<string, ModelTask>;
  readonly #roles: ReadonlyMap<string, string>;
  readonly #epochs = new Map<string, number>();

  constructor(run: SimulatedRun) {
    this.#run = run;
    this.#contents = new TopicContents(run.ledger);
    const pipeline = new ModelPipeline(run.scenario.pipeline, run.topology);
    const tasks = run.topology.subTopologies.flatMap((part) =>
      Array.from({ length: part.partitions }, (_, at) => new ModelTask(pipeline, part, at, this.#contents)),
    );
    this.#tasks = new Map(tasks.map((task) => [task.id, task]));
    this.#roles = new Map(run.topology.topics.map((topic) => [topic.name, topic.role]));
  }

  async problems(): Promise<readonly string[]> {
    const inputs = new Set(this.#run.scenario.topics.map(({ name }) => name));
    for (const [index, entry] of this.#run.ledger.entries.entries()) {
      if (entry.tasks.length === 0) {
        const strange = entry.ranges.find(({ topic }) => !inputs.has(topic));
        if (strange !== undefined) return [`Records of ${strange.topic} belong to no commit.`];
        continue;
      }
      const found = this.#checkCommit(entry);
      if (found.length > 0) return found.map((problem) => `Commit ${index}: ${problem}`);
    }
    return [
      ...(await this.#checkPositions()),
      ...this.#checkFates(),
      ...(await checkStores(this.#run, this.#contents, this.#tasks)),
    ];
  }

  #checkCommit(entry: LedgerEntry): readonly string[] {
    const { commitsTopic } = this.#run.topology;
    const actual = this.#recordsOf(entry);
    const journal = (actual.get(`${commitsTopic}/0`) ?? []).map(journalEntry);
    const problems = this.#checkJournal(entry, journal);
    if (problems.length > 0) return problems;
    const expected: Written[] = [];
    const causes = new Set<string>();
    for (const { taskId, taken, positions } of journal) {
      const task = this.#tasks.get(taskId);
      if (task === undefined) return [`There is no task ${taskId}.`];
      const played = task.play(taken);
      expected.push(played.written);
      for (const cause of played.causes) causes.add(cause);
      if (positionLines(positions) !== positionLines(task.positions())) {
        return [
          `Task ${taskId} committed the positions ${positionLines(positions)}; it had taken up to ${positionLines(task.positions())}.`,
        ];
      }
    }
    return [...this.#checkOutputs(actual, expected), ...this.#checkCauses(actual, causes)];
  }

  /** The journal says the same as the commit itself, and each task goes on under the newest epoch. */
  #checkJournal(entry: LedgerEntry, journal: readonly JournalEntry[]): readonly string[] {
    const problems: string[] = [];
    const committed = entry.tasks.map(
      ({ taskId, epoch, positions }) => `${taskId} ${epoch} ${positionLines(positions)}`,
    );
    const noted = journal.map(({ taskId, epoch, positions }) => `${taskId} ${epoch} ${positionLines(positions)}`);
    if (committed.join('\n') !== noted.join('\n')) {
      problems.push(`The journal notes ${noted.join(', ')}, and committed was ${committed.join(', ')}.`);
    }
    for (const { taskId, epoch } of entry.tasks) {
      if (epoch < (this.#epochs.get(taskId) ?? 0)) problems.push(`Task ${taskId} went back to the epoch ${epoch}.`);
      this.#epochs.set(taskId, epoch);
    }
    return problems;
  }

  #checkOutputs(actual: ReadonlyMap<string, readonly LogRecord[]>, expected: readonly Written[]): readonly string[] {
    const problems: string[] = [];
    for (const name of new Set([...actual.keys(), ...expected.flatMap((written) => [...written.keys()])])) {
      const topic = name.slice(0, name.lastIndexOf('/'));
      const role = this.#roles.get(topic);
      if (role === 'commits' || role === 'changelog') continue;
      const line = role === 'dead-letter' ? (record: LogRecord) => deadLetterLine(record) : lineOf;
      const lines = (actual.get(name) ?? []).map((record) => line(record));
      const lists = expected.map((written) => written.get(name) ?? []);
      if (isInterleaving(lines, lists)) continue;
      problems.push(mismatch(name, lines, lists));
    }
    return problems;
  }

  /** Every change of a store names an input that was taken in the same commit. */
  #checkCauses(actual: ReadonlyMap<string, readonly LogRecord[]>, causes: ReadonlySet<string>): readonly string[] {
    for (const [name, records] of actual) {
      if (this.#roles.get(name.slice(0, name.lastIndexOf('/'))) !== 'changelog') continue;
      for (const { headers, offset } of records) {
        const cause = headers.find(([header]) => header === 'cause')?.[1];
        if (cause !== undefined && cause !== null && !causes.has(cause)) {
          return [`${name}@${offset} names the cause ${cause}, which the commit did not take.`];
        }
      }
    }
    return [];
  }

  async #checkPositions(): Promise<readonly string[]> {
    const problems: string[] = [];
    const { log, topology } = this.#run;
    for (const task of this.#tasks.values()) {
      if (!task.isAtEnd) problems.push(`Task ${task.id} left records: it is at ${positionLines(task.positions())}.`);
      const committed = await log.committed(topology.pipeline, task.id);
      if (!task.hasTaken && committed === null) continue;
      const [is, should] = [positionLines(committed?.positions ?? []), positionLines(task.positions())];
      if (is !== should) problems.push(`Task ${task.id} stands committed at ${is} and should at ${should}.`);
    }
    return problems;
  }

  /** Of each node, inputs = sum of fates. */
  #checkFates(): readonly string[] {
    const byId = new Map<string, Counters>();
    for (const [id, values] of this.#run.cluster.owners.flatMap(({ group }) =>
      group.tasks.flatMap((task) => task.counters()),
    )) {
      byId.set(id, addCounters(byId.get(id) ?? emptyCounters, countersFromArray(values)));
    }
    return [...nodeCounters(this.#run.topology, byId)]
      .filter(([, counters]) => missingFates(counters) !== 0)
      .map(([node, counters]) => `${missingFates(counters)} inputs of ${node} have no fate.`);
  }

  #recordsOf(entry: LedgerEntry): ReadonlyMap<string, readonly LogRecord[]> {
    const records = new Map<string, LogRecord[]>();
    for (const { topic, partition, from, batch } of entry.ranges) {
      const name = `${topic}/${partition}`;
      const found = this.#contents.partition(topic, partition).slice(from, from + batch.count);
      records.set(name, [...(records.get(name) ?? []), ...found]);
    }
    return records;
  }
}

/** What a partition has too much and too little; with neither, its order is one that cannot be. */
function mismatch(name: string, lines: readonly string[], lists: readonly (readonly string[])[]): string {
  const missing = lists.flat();
  const extra = lines.filter((line) => {
    const at = missing.indexOf(line);
    if (at >= 0) missing.splice(at, 1);
    return at < 0;
  });
  const shown = (some: readonly string[]) => some.slice(0, 12).join('\n    ');
  if (extra.length + missing.length > 0) {
    return `${name} has\n    ${shown(extra)}\n  and lacks\n    ${shown(missing)}`;
  }
  return `${name} has in an order that cannot be\n    ${lines.join('\n    ')}\n  of the tasks\n    ${lists.map((list) => list.join('\n    ')).join('\n    --\n    ')}`;
}

function journalEntry({ key, value }: LogRecord): JournalEntry {
  return { taskId: key ?? '', ...(JSON.parse(value ?? '{}') as Omit<JournalEntry, 'taskId'>) };
}

function positionLines(positions: readonly SourcePosition[]): string {
  return positions
    .map(({ topic, partition, offset }) => `${topic}-${partition}@${offset}`)
    .sort()
    .join(' ');
}
