import {
  encodeBatch,
  type Log,
  pipelineSchema,
  planTopology,
  type TopicSpec,
  type Topology,
  topicCatalogue,
} from '@millrace/engine';
import { untypedTopic } from '@millrace/engine/testing';

export const inputPartitions = 4;
const windowMs = 1_000;
const groups = 5;

/**
 * A pipeline that counts records by a new key, so through a repartition topic, in windows: every record comes out as one more, so that a
 * record that is lost, or counted twice, shows.
 */
export class GroupCounts {
  readonly input: TopicSpec;
  readonly topology: Topology;
  readonly #expected = new Map<string, number>();
  #written = 0;
  /** Recent: brokers remove what is older than their retention. */
  readonly #base = Math.floor(Date.now() / windowMs) * windowMs;

  constructor(id: string) {
    const cleanup = { policy: 'delete', retentionMs: null, retentionBytes: null } as const;
    this.input = { name: `${id}-in`, partitions: inputPartitions, role: 'external', cleanup, owner: null };
    const pipeline = pipelineSchema.parse({
      formatVersion: 1,
      id,
      name: id,
      nodes: [
        { id: 'in', kind: 'source', name: 'in', config: { topic: this.input.name } },
        {
          id: 'count',
          kind: 'aggregate',
          name: 'count',
          config: {
            by: 'value.group',
            window: 'tumbling',
            windowMs,
            // No record is late, whatever the order in which partitions are read.
            graceMs: 3_600_000,
            retentionMs: 7_200_000,
            aggregations: [{ name: 'n', function: 'count' }],
          },
        },
        { id: 'out', kind: 'sink', name: 'out', config: { topic: `${id}-out`, partitions: 2 } },
      ],
      edges: [
        { from: 'in.out', to: 'count.in' },
        { from: 'count.out', to: 'out.in' },
      ],
    });
    this.topology = planTopology(pipeline, topicCatalogue([untypedTopic(this.input.name, inputPartitions)]));
  }

  /** The sub-topology whose tasks keep the counts. */
  get statefulSubTopology(): number {
    const found = this.topology.subTopologies.find(({ stores }) => stores.length > 0);
    if (found === undefined) throw new Error('nothing keeps counts');
    return found.id;
  }

  async ensureTopics(log: Log): Promise<void> {
    await log.ensureTopics([this.input, ...this.topology.topics.filter(({ name }) => name !== this.input.name)]);
  }

  /** Appends so many records to each partition of the input. */
  async feed(log: Log, perPartition: number): Promise<void> {
    for (let partition = 0; partition < inputPartitions; partition++) {
      const records = Array.from({ length: perPartition }, () => {
        const number = this.#written++;
        const group = `g${number % groups}`;
        const timestamp = this.#base + number;
        const start = Math.floor(timestamp / windowMs) * windowMs;
        const counted = `${group}@${start}`;
        this.#expected.set(counted, (this.#expected.get(counted) ?? 0) + 1);
        return { key: `k${number}`, value: JSON.stringify({ group, number }), timestamp };
      });
      await log.append([{ topic: this.input.name, partition, batch: encodeBatch(records) }]);
    }
  }

  /** What the output should be: of each group and window the counts from 1 up, each once, in this order. */
  expected(): ReadonlyMap<string, readonly number[]> {
    return new Map(
      [...this.#expected].sort().map(([counted, n]) => [counted, Array.from({ length: n }, (_, index) => index + 1)]),
    );
  }

  /** The output as anybody reads it. */
  async output(log: Log): Promise<ReadonlyMap<string, readonly number[]>> {
    const counts = new Map<string, number[]>();
    for (let partition = 0; partition < 2; partition++) {
      for (let offset = 0; ; ) {
        const [result] = await log.read([{ topic: `${this.topology.pipeline}-out`, partition, offset }], {
          maxBytesPerPartition: 1_000_000,
          maxWaitMs: 0,
        });
        if (result === undefined || result.nextOffset <= offset) break;
        for (const batch of result.batches) {
          for (let index = 0; index < batch.count; index++) {
            if (batch.offset(index) < offset) continue;
            const { key, start } = JSON.parse(batch.keyByteString(index) ?? '') as { key: string; start: number };
            const { n } = JSON.parse(batch.text(batch.valueStarts[index] ?? 0, batch.valueEnds[index] ?? 0)) as {
              n: number;
            };
            const counted = `${key}@${start}`;
            counts.set(counted, [...(counts.get(counted) ?? []), n]);
          }
        }
        offset = result.nextOffset;
      }
    }
    return new Map([...counts].sort());
  }

  /** Waits until as many results are out as records are in. */
  async settled(log: Log, timeoutMs = 40_000): Promise<void> {
    const begin = performance.now();
    for (;;) {
      const counts = [...(await this.output(log)).values()].reduce((sum, list) => sum + list.length, 0);
      if (counts >= this.#written) return;
      if (performance.now() - begin > timeoutMs) throw new Error(`${counts} of ${this.#written} records came out`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
