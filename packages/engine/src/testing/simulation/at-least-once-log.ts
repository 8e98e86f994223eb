import {
  type Append,
  type Commit,
  type CommitResult,
  type CommittedTask,
  type Log,
  LogError,
  type ReadOptions,
  type ReadRequest,
  type ReadResult,
  type SourcePosition,
  type TaskId,
  type TopicDescription,
  type TopicSpec,
} from '../../log/log.ts';
import { changelogStages } from '../../topology/changelog-stages.ts';
import type { Topology } from '../../topology/topology.ts';
import type { Random } from './random.ts';

/**
 * A log whose commits are not atomic: outputs, changelogs and positions become durable one after the other, as on Kafka without
 * transactions, and now and then nothing more does after some of them. The worker is to be given up then.
 */
export class AtLeastOnceLog implements Log {
  readonly #log: Log;
  readonly #stages: readonly (readonly string[])[];
  readonly #random: Random;
  #cutsLeft: number;

  constructor(log: Log, topology: Topology, random: Random, cuts: number) {
    this.#log = log;
    this.#stages = changelogStages(topology);
    this.#random = random;
    this.#cutsLeft = cuts;
  }

  async commit({ application, tasks, appends }: Commit): Promise<CommitResult> {
    const staged = new Set(this.#stages.flat());
    const stages = [
      appends.filter(({ topic }) => !staged.has(topic)),
      ...this.#stages.map((stage) => appends.filter(({ topic }) => stage.includes(topic))),
    ].filter((stage) => stage.length > 0);
    const isCut = this.#cutsLeft > 0 && this.#random.chance(0.5);
    if (isCut) this.#cutsLeft--;
    const cutAt = isCut ? this.#random.int(0, stages.length) : null;
    const bases = new Map<Append, number>();
    for (const [at, stage] of stages.entries()) {
      // Of one stage any part may get through.
      const sent = at === cutAt ? stage.filter(() => this.#random.chance(0.5)) : stage;
      const { baseOffsets } = await this.#log.append(sent);
      sent.forEach((append, index) => {
        bases.set(append, baseOffsets[index] ?? -1);
      });
      if (at === cutAt) break;
    }
    if (cutAt !== null) throw new LogError('unknown-outcome', 'The commit was cut off.');
    await this.#log.commit({ application, tasks, appends: [] });
    return { baseOffsets: appends.map((append) => bases.get(append) ?? -1) };
  }

  topics(): Promise<readonly TopicDescription[]> {
    return this.#log.topics();
  }

  ensureTopics(specs: readonly TopicSpec[]): Promise<void> {
    return this.#log.ensureTopics(specs);
  }

  deleteTopics(names: readonly string[]): Promise<void> {
    return this.#log.deleteTopics(names);
  }

  read(requests: readonly ReadRequest[], options: ReadOptions): Promise<readonly ReadResult[]> {
    return this.#log.read(requests, options);
  }

  append(appends: readonly Append[]): Promise<CommitResult> {
    return this.#log.append(appends);
  }

  fence(application: string, taskIds: readonly TaskId[]): Promise<readonly number[]> {
    return this.#log.fence(application, taskIds);
  }

  committed(application: string, taskId: TaskId): Promise<CommittedTask | null> {
    return this.#log.committed(application, taskId);
  }

  resetTasks(application: string, taskIds: readonly TaskId[]): Promise<void> {
    return this.#log.resetTasks(application, taskIds);
  }

  purge(positions: readonly SourcePosition[]): Promise<void> {
    return this.#log.purge(positions);
  }

  truncate(topics: readonly string[]): Promise<void> {
    return this.#log.truncate(topics);
  }

  close(): Promise<void> {
    return this.#log.close();
  }
}
