import { type Commit, type CommitResult, type Log, LogError } from '../../../log/log.ts';
import { RecordBatch } from '../../../log/record-batch.ts';
import { type EncodedBatch, encodeBatch, producedRecord } from '../../../log/record-batch-builder.ts';
import type { Mutation } from '../simulate.ts';
import type { SeededBug } from './seeded-bug.ts';

/** A log of which one call is another. */
function logWith(change: (log: Log) => Partial<Log>): (log: Log) => Log {
  return (log) => {
    const changed = change(log);
    return new Proxy(log, {
      get: (target, name) => {
        const found = (changed as Record<string | symbol, unknown>)[name] ?? Reflect.get(target, name);
        return typeof found === 'function' ? found.bind(target) : found;
      },
    });
  };
}

const commitWith = (change: (commit: Commit, log: Log, count: number) => Promise<CommitResult>): Mutation => ({
  log: logWith((log) => {
    let count = 0;
    return { commit: (commit) => change(commit, log, count++) };
  }),
});

const isChangelog = (topic: string): boolean => topic.endsWith('-changelog');
const isOutput = (topic: string): boolean => topic.startsWith('out-');

function withoutLast({ bytes, count }: EncodedBatch): EncodedBatch {
  const batch = new RecordBatch(bytes, 0);
  return encodeBatch(Array.from({ length: count - 1 }, (_, index) => producedRecord(batch, index)));
}

/** The position that a task reads back at its start is wrong. */
const committedShifted = (by: number): Mutation => ({
  log: logWith((log) => ({
    committed: async (application, taskId) => {
      const found = await log.committed(application, taskId);
      if (found === null) return null;
      const ends = new Map((await log.topics()).map(({ name, endOffsets }) => [name, endOffsets]));
      const positions = found.positions.map((position) => {
        const end = ends.get(position.topic)?.[position.partition] ?? 0;
        return { ...position, offset: Math.min(end, Math.max(0, position.offset + by)) };
      });
      return { ...found, positions };
    },
  })),
});

export const bugsOfTheLog: readonly SeededBug[] = [
  {
    name: 'a commit loses its last changelog record',
    shows: 'aggregate',
    mutation: commitWith((commit, log) => {
      const at = commit.appends.findIndex(({ topic, batch }) => isChangelog(topic) && batch.count > 1);
      const appends = commit.appends.map((append, index) =>
        index === at ? { ...append, batch: withoutLast(append.batch) } : append,
      );
      return log.commit({ ...commit, appends });
    }),
  },
  {
    name: 'a commit loses the outputs of a partition',
    shows: '',
    mutation: commitWith(async (commit, log, count) => {
      const lost = count % 3 === 0 ? commit.appends.findIndex(({ topic }) => isOutput(topic)) : -1;
      const result = await log.commit({ ...commit, appends: commit.appends.filter((_, index) => index !== lost) });
      return lost < 0 ? result : { baseOffsets: result.baseOffsets.toSpliced(lost, 0, 0) };
    }),
  },
  { name: 'a task begins one record too far', shows: '', mutation: committedShifted(1) },
  { name: 'a task begins one record too early', shows: '', mutation: committedShifted(-1) },
  {
    name: 'a commit whose answer was lost is sent again',
    shows: '',
    mutation: commitWith(async (commit, log, count) => {
      const result = await log.commit(commit);
      return count % 4 === 1 ? log.commit(commit) : result;
    }),
  },
  {
    name: 'outputs are written before the commit, and stay when it fails',
    shows: '',
    mutation: commitWith(async (commit, log, count) => {
      if (count % 5 !== 2) return log.commit(commit);
      await log.append(commit.appends.filter(({ topic }) => isOutput(topic)));
      throw new LogError('unknown-outcome', 'The answer to a commit did not come.');
    }),
  },
  {
    name: 'the commit of a zombie is accepted',
    shows: '',
    mutation: {
      log: logWith((log) => {
        const newest = new Map<string, number>();
        return {
          fence: async (application, taskIds) => {
            const epochs = await log.fence(application, taskIds);
            for (const [index, taskId] of taskIds.entries()) newest.set(taskId, epochs[index] ?? 0);
            return epochs;
          },
          commit: (commit) =>
            log.commit({
              ...commit,
              tasks: commit.tasks.map((task) => ({ ...task, epoch: newest.get(task.taskId) ?? task.epoch })),
            }),
        };
      }),
    },
  },
  {
    name: 'taking a task over does not raise its epoch',
    shows: '',
    mutation: {
      log: logWith((log) => {
        const epochs = new Map<string, number>();
        return {
          fence: async (application, taskIds) => {
            const given: number[] = [];
            for (const taskId of taskIds) {
              let epoch = epochs.get(taskId);
              if (epoch === undefined) [epoch = 0] = await log.fence(application, [taskId]);
              epochs.set(taskId, epoch);
              given.push(epoch);
            }
            return given;
          },
        };
      }),
    },
  },
];
