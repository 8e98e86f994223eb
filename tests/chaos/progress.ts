import { topicsOf } from './pipeline.ts';
import type { Cluster } from './wire/cluster.ts';
import { PartitionReader } from './wire/topic-reader.ts';

/** How far a round's pipeline has come, as a stranger sees it: by its group's positions and the ends of topics. */
export class Progress {
  readonly #cluster: Cluster;
  readonly #prefix: string;
  readonly #partitions: number;

  constructor(cluster: Cluster, prefix: string, partitions: number) {
    this.#cluster = cluster;
    this.#prefix = prefix;
    this.#partitions = partitions;
  }

  /** Orders that were written. */
  async written(): Promise<number> {
    return this.#end(topicsOf(this.#prefix).orders);
  }

  /** Orders that the pipeline has committed. */
  async taken(): Promise<number> {
    return this.#committed(topicsOf(this.#prefix).orders);
  }

  /**
   * Whether nothing is left: all input is taken, so is all that went on through topics in between, and no transaction is open. Inputs first
   * and what they cause after them: what has left a topic in a commit is in the next one by then.
   */
  async isDone(): Promise<boolean> {
    const { orders, payments, passed, totals, paid } = topicsOf(this.#prefix);
    for (const topic of [orders, payments]) if ((await this.#end(topic)) > (await this.#committed(topic))) return false;
    const between = (await this.#cluster.topicsNamed(this.#prefix)).filter((topic) => topic.endsWith('repartition'));
    if (between.length === 0)
      throw new Error('The pipeline has no topics in between, so their lag cannot be looked at.');
    for (const topic of between) if ((await this.#isOpen(topic)) || (await this.#hasRecordsLeft(topic))) return false;
    for (const topic of [passed, totals, paid]) if (await this.#isOpen(topic)) return false;
    return true;
  }

  async #end(topic: string): Promise<number> {
    let sum = 0;
    for (let partition = 0; partition < this.#partitions; partition++)
      sum += await this.#cluster.endOffset(topic, partition, 'committed');
    return sum;
  }

  async #committed(topic: string): Promise<number> {
    const offsets = await this.#cluster.committedOffsets(this.#prefix, topic, this.#partitions);
    return offsets.reduce((sum, offset) => sum + Math.max(0, offset), 0);
  }

  /** Whether a partition has records whose transaction is neither committed nor aborted. */
  async #isOpen(topic: string): Promise<boolean> {
    for (let partition = 0; partition < this.#partitions; partition++) {
      const decided = await this.#cluster.endOffset(topic, partition, 'committed');
      if (decided < (await this.#cluster.endOffset(topic, partition, 'written'))) return true;
    }
    return false;
  }

  /** Offsets do not tell: the marks of transactions take some, and nobody commits behind the last one. */
  async #hasRecordsLeft(topic: string): Promise<boolean> {
    const positions = await this.#cluster.committedOffsets(this.#prefix, topic, this.#partitions);
    for (const [partition, position] of positions.entries()) {
      const end = await this.#cluster.endOffset(topic, partition, 'committed');
      const reader = new PartitionReader(this.#cluster, topic, partition, Math.max(0, position));
      while (reader.position < end) if ((await reader.poll(20)).length > 0) return true;
    }
    return false;
  }
}
