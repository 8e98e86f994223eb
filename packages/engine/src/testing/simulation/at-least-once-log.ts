import { type Append, type Commit, type CommitResult, type Log, LogError } from '../../log/log.ts';
import { changelogStages } from '../../topology/changelog-stages.ts';
import type { Topology } from '../../topology/topology.ts';
import { LogAround } from './log-around.ts';
import type { Random } from './random.ts';

/**
 * A log whose commits are not atomic: outputs, changelogs and positions become durable one after the other, as on Kafka without
 * transactions, and now and then nothing more does after some of them. The worker is to be given up then.
 */
export class AtLeastOnceLog extends LogAround {
  readonly #stages: readonly (readonly string[])[];
  readonly #random: Random;
  #cutsLeft: number;

  constructor(log: Log, topology: Topology, random: Random, cuts: number) {
    super(log);
    this.#stages = changelogStages(topology);
    this.#random = random;
    this.#cutsLeft = cuts;
  }

  override async commit({ application, tasks, appends }: Commit): Promise<CommitResult> {
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
      const { baseOffsets } = await this.log.append(sent);
      sent.forEach((append, index) => {
        bases.set(append, baseOffsets[index] ?? -1);
      });
      if (at === cutAt) break;
    }
    if (cutAt !== null) throw new LogError('unknown-outcome', 'The commit was cut off.');
    await this.log.commit({ application, tasks, appends: [] });
    return { baseOffsets: appends.map((append) => bases.get(append) ?? -1) };
  }
}
