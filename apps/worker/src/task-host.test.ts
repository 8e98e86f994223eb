import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedLog } from '@millrace/backend-embedded';
import {
  type AssignedTask,
  type Assignment,
  type AssignmentListener,
  type Log,
  LogError,
  type TaskId,
  taskIds,
} from '@millrace/engine';
import type { Up } from '@millrace/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StandbyTasks } from './standby-tasks.ts';
import { TaskHost } from './task-host.ts';
import { GroupCounts } from './testing/group-counts.ts';

/** An assignment in the hands of the test. */
class HandedTasks implements Assignment {
  forfeits = 0;
  isClosed = false;
  #listener: AssignmentListener | null = null;

  subscribe(listener: AssignmentListener): void {
    this.#listener = listener;
  }

  forfeit(): void {
    this.forfeits++;
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }

  get listener(): AssignmentListener {
    if (this.#listener === null) throw new Error('nobody listens');
    return this.#listener;
  }
}

class Host {
  readonly host: TaskHost;
  readonly assignment = new HandedTasks();
  readonly said: Up[] = [];
  readonly standbys: StandbyTasks;
  readonly running: Promise<void>;

  constructor(log: Log, counts: GroupCounts, stateDirectory: string) {
    const { topology } = counts;
    this.standbys = new StandbyTasks({ topology, log, stateDirectory });
    this.host = new TaskHost({
      topology,
      log,
      stateDirectory,
      say: (message) => this.said.push(message),
      now: () => performance.now(),
      assignment: this.assignment,
      standbys: this.standbys,
    });
    this.running = this.host.run();
  }

  async stop(): Promise<void> {
    this.host.stop();
    await this.running;
  }
}

/** A log whose next commits fail as they are told to. */
function failing(log: Log, failures: LogError[], isWritten: boolean): Log {
  return {
    ...bound(log),
    commit: async (commit) => {
      const failure = failures.shift();
      if (failure === undefined) return log.commit(commit);
      if (isWritten) await log.commit(commit);
      throw failure;
    },
  };
}

/** The log as an object of functions, of which some can be put in the place of others. */
function bound(log: Log): Log {
  return {
    topics: () => log.topics(),
    ensureTopics: (specs) => log.ensureTopics(specs),
    deleteTopics: (names) => log.deleteTopics(names),
    read: (requests, options) => log.read(requests, options),
    append: (appends) => log.append(appends),
    commit: (commit) => log.commit(commit),
    fence: (application, ids) => log.fence(application, ids),
    committed: (application, taskId) => log.committed(application, taskId),
    resetTasks: (application, ids) => log.resetTasks(application, ids),
    purge: (positions) => log.purge(positions),
    truncate: (topics) => log.truncate(topics),
    close: () => log.close(),
  };
}

describe('tasks that come and go', () => {
  let directory: string;
  let log: EmbeddedLog;
  let counts: GroupCounts;
  let hosts: Host[];

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'millrace-task-host-'));
    log = await EmbeddedLog.open({ directory: join(directory, 'log') });
    counts = new GroupCounts('counts');
    await counts.ensureTopics(log);
    hosts = [];
  });

  afterEach(async () => {
    for (const host of hosts) await host.stop();
    await log.close();
    await rm(directory, { recursive: true });
  });

  function start(name: string, over: Log = log): Host {
    const host = new Host(over, counts, join(directory, name));
    hosts.push(host);
    return host;
  }

  async function give(host: Host, ids: readonly TaskId[]): Promise<AssignedTask[]> {
    const epochs = await log.fence('counts', ids);
    const tasks = ids.map((taskId, index) => ({ taskId, epoch: epochs[index] as number }));
    await host.assignment.listener.assigned(tasks);
    return tasks;
  }

  it('move between hosts while the others go on, and every record is counted once', async () => {
    const [first, second] = [start('a'), start('b')];
    const all = taskIds(counts.topology);
    await give(first, all);
    await counts.feed(log, 300);
    await counts.settled(log);
    for (let round = 0; round < 4; round++) {
      const moving = all.filter((_, index) => index % 3 === round % 3);
      await counts.feed(log, 200);
      await first.assignment.listener.revoked(moving);
      await give(second, moving);
      await first.assignment.listener.standbys(moving);
      await counts.feed(log, 100);
      await first.assignment.listener.standbys([]);
      await second.assignment.listener.revoked(moving);
      await give(first, moving);
    }
    await counts.settled(log);
    expect([first.assignment.forfeits, second.assignment.forfeits]).toEqual([0, 0]);
    expect(await counts.output(log)).toEqual(counts.expected());
  });

  it('are dropped without a commit when they are lost, and are done again by the next owner', async () => {
    const [first, second] = [start('a'), start('b')];
    await give(first, taskIds(counts.topology));
    await counts.feed(log, 500);
    await give(second, taskIds(counts.topology));
    await first.assignment.listener.lost();
    await counts.settled(log);
    await counts.feed(log, 100);
    await first.assignment.listener.assigned([]);
    await counts.settled(log);
    expect(await counts.output(log)).toEqual(counts.expected());
  });

  it('are forfeited when a commit is refused, and the host goes on with what it is given next', async () => {
    const [first, second] = [start('a'), start('b')];
    await give(first, taskIds(counts.topology));
    await counts.feed(log, 100);
    await counts.settled(log);
    await give(second, taskIds(counts.topology));
    await counts.feed(log, 100);
    await counts.settled(log);
    while (first.assignment.forfeits === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    await first.assignment.listener.lost();
    await second.assignment.listener.revoked(taskIds(counts.topology));
    await give(first, taskIds(counts.topology));
    await counts.feed(log, 100);
    await counts.settled(log);
    expect(await counts.output(log)).toEqual(counts.expected());
  });

  it.each([
    ['was not made', new LogError('io', 'The brokers did not agree in time.', { retriable: true }), false],
    ['was made, but its answer was lost', new LogError('unknown-outcome', 'The answer was lost.'), true],
    ['was not made, and its answer was lost', new LogError('unknown-outcome', 'The answer was lost.'), false],
  ])('go on from the last commit after one that %s', async (_, failure, isWritten) => {
    const host = start('a', failing(log, [failure, failure], isWritten));
    await give(host, taskIds(counts.topology));
    await counts.feed(log, 300);
    await counts.settled(log);
    expect(await counts.output(log)).toEqual(counts.expected());
    expect(host.assignment.forfeits).toBe(0);
  });

  it('are opened again after longer and longer waits while the log cannot be reached, and let go of at once', async () => {
    const refusals = Array.from(
      { length: 3 },
      () => new LogError('unreachable', 'No broker answers.', { retriable: true }),
    );
    const asked: number[] = [];
    const host = start('a', {
      ...bound(log),
      committed: async (application, taskId) => {
        asked.push(performance.now());
        const refusal = refusals.shift();
        if (refusal !== undefined) throw refusal;
        return log.committed(application, taskId);
      },
    });
    await counts.feed(log, 50);
    await give(host, taskIds(counts.topology));
    await counts.settled(log);
    const waits = asked.slice(1, 4).map((at, index) => at - (asked[index] as number));
    // A timer may be a millisecond early.
    expect(waits.map((wait, index) => wait >= 100 * 2 ** index - 2)).toEqual([true, true, true]);
    refusals.push(
      ...Array.from({ length: 1_000 }, () => new LogError('unreachable', 'No answer.', { retriable: true })),
    );
    await host.assignment.listener.lost();
    await give(host, taskIds(counts.topology));
    while (refusals.length > 997) await new Promise((resolve) => setTimeout(resolve, 10));
    await host.assignment.listener.lost();
    expect(host.host.tick().tasks).toEqual([]);
  });

  it('can be revoked before they are open', async () => {
    const host = start('a');
    await counts.feed(log, 50);
    await give(host, taskIds(counts.topology));
    await host.assignment.listener.revoked(taskIds(counts.topology));
    expect(host.host.tick().tasks).toEqual([]);
    await give(host, taskIds(counts.topology));
    await counts.settled(log);
    expect(await counts.output(log)).toEqual(counts.expected());
  });

  it('have copies that follow their changelogs', async () => {
    const [first, second] = [start('a'), start('b')];
    await give(first, taskIds(counts.topology));
    await counts.feed(log, 200);
    await counts.settled(log);
    const stateful = taskIds(counts.topology).filter((id) => id.startsWith(`${counts.statefulSubTopology}_`));
    await second.assignment.listener.standbys(stateful);
    const changelog = counts.topology.stores[0]?.changelogTopic ?? '';
    const ends = (await log.topics()).find(({ name }) => name === changelog)?.endOffsets ?? [];
    const reached = () => stateful.map((id) => second.standbys.positions().get(id)?.get(changelog) ?? 0);
    while (reached().some((at, index) => at < (ends[index] as number)))
      await new Promise((resolve) => setTimeout(resolve, 20));
    expect(reached()).toEqual(ends);
  });

  it('say how much there is to restore in all before the first of them restores', async () => {
    const [first, second] = [start('a'), start('b')];
    await give(first, taskIds(counts.topology));
    await counts.feed(log, 200);
    await counts.settled(log);
    await first.assignment.listener.revoked(taskIds(counts.topology));
    await give(second, taskIds(counts.topology));
    const isOver = (): boolean => second.host.tick().tasks.length === taskIds(counts.topology).length;
    while (!isOver()) await new Promise((resolve) => setTimeout(resolve, 5));
    const told = second.said.flatMap((message) => (message.type === 'taskStates' ? [message.tasks] : []));
    const totals = told
      .filter((tasks) => tasks.some(({ state }) => state === 'restoring'))
      .map((tasks) => tasks.reduce((sum, { restoreTotal }) => sum + restoreTotal, 0));
    const changelog = counts.topology.stores[0]?.changelogTopic ?? '';
    const ends = (await log.topics()).find(({ name }) => name === changelog)?.endOffsets ?? [];
    expect(new Set(totals)).toEqual(new Set([ends.reduce((sum, end) => sum + end, 0)]));
  });

  it('leaves its group when it stops, with everything committed', async () => {
    const host = start('a');
    await give(host, taskIds(counts.topology));
    await counts.feed(log, 100);
    await counts.settled(log);
    await host.stop();
    expect(host.assignment.isClosed).toBe(true);
    expect(await counts.output(log)).toEqual(counts.expected());
  });

  it('ends with the reason when the group does not take it', async () => {
    const host = start('a');
    hosts.pop();
    host.assignment.listener.failed(new LogError('not-authorised', 'This user may not use the group.'));
    await expect(host.running).rejects.toThrow('This user may not use the group.');
  });
});
