import {
  type Append,
  decidedRead,
  type EncodedBatch,
  MemoryTaskStores,
  processors,
  type ReadRequest,
  type ReadResult,
  RecordBatch,
  subTopologyOf,
  TaskGroup,
  taskIds,
} from '@millrace/engine';
import { type PartitionInput, recordsPerCommit, type Workload } from './workload.ts';

/** About half a second's worth: a worker flushes less often, but a round must have its share. */
const commitsPerFlush = 10;

/** Given at once of one partition, as a worker reads. */
const bytesPerRead = 1024 * 1024;

interface Partition {
  batches: EncodedBatch[];
  baseOffsets: number[];
  endOffset: number;
}

/** Topics as lists of encoded batches, so that the engine is measured and no log is. */
class BatchLists {
  readonly #partitions = new Map<string, Partition>();

  append(topic: string, partition: number, batch: EncodedBatch): number {
    const at = this.#at(topic, partition);
    const base = at.endOffset;
    at.batches.push(batch);
    at.baseOffsets.push(base);
    at.endOffset += batch.count;
    return base;
  }

  read({ topic, partition, offset }: ReadRequest): ReadResult {
    const at = this.#at(topic, partition);
    const batches: RecordBatch[] = [];
    let index = at.baseOffsets.findLastIndex((base) => base <= offset);
    if (index < 0 || offset >= at.endOffset) index = at.batches.length;
    for (let bytes = 0; index < at.batches.length && bytes < bytesPerRead; index++) {
      const batch = at.batches[index] as EncodedBatch;
      batches.push(new RecordBatch(batch.bytes, at.baseOffsets[index] ?? 0));
      bytes += batch.bytes.byteLength;
    }
    return decidedRead({ topic, partition }, batches, { startOffset: 0, endOffset: at.endOffset });
  }

  batches(topic: string, partition: number): readonly EncodedBatch[] {
    return this.#at(topic, partition).batches;
  }

  /** Removes all records; offsets go on. */
  truncate(): void {
    for (const partition of this.#partitions.values()) {
      partition.batches = [];
      partition.baseOffsets = [];
    }
  }

  #at(topic: string, partition: number): Partition {
    const name = `${topic}/${partition}`;
    let found = this.#partitions.get(name);
    if (found === undefined) {
      found = { batches: [], baseOffsets: [], endOffset: 0 };
      this.#partitions.set(name, found);
    }
    return found;
  }
}

/** The engine as a worker drives it, tasks and commits and all, with topics and stores in memory. */
export class EngineJob {
  readonly #workload: Workload;
  readonly #group: TaskGroup;
  readonly #topics = new BatchLists();
  readonly #stores = new Map<string, MemoryTaskStores>();
  #commits = 0;

  /** Reads the preload to its end. */
  constructor(workload: Workload) {
    this.#workload = workload;
    const { topology } = workload;
    this.#group = new TaskGroup(topology, processors);
    for (const taskId of taskIds(topology)) {
      const stores = new MemoryTaskStores();
      this.#stores.set(taskId, stores);
      const names = subTopologyOf(topology, taskId).subTopology.stores;
      this.#group.addTask({
        taskId,
        epoch: 0,
        tables: new Map(names.map((name) => [name, stores.table(name)])),
        changelogPositions: new Map(names.map((name) => [name, 0])),
        committed: null,
      });
    }
    this.feed(workload.preload);
    this.#drain();
  }

  /** Puts the next input in place of the one that was read. */
  feed(inputs: readonly PartitionInput[]): void {
    this.#topics.truncate();
    for (const { topic, partition, batches } of inputs) {
      for (const batch of batches) this.#topics.append(topic, partition, batch);
    }
  }

  /** Reads the input to its end; gives the output batches of each partition. */
  run(): readonly (readonly EncodedBatch[])[] {
    this.#drain();
    const { sinkTopic, topology } = this.#workload;
    const sink = topology.subTopologies.flatMap(({ sinks }) => sinks).find(({ topic }) => topic === sinkTopic);
    return Array.from({ length: sink?.partitions ?? 0 }, (_, partition) => this.#topics.batches(sinkTopic, partition));
  }

  /** What the engine wrote to a partition since the input was fed. */
  batches(topic: string, partition: number): readonly EncodedBatch[] {
    return this.#topics.batches(topic, partition);
  }

  #drain(): void {
    const group = this.#group;
    for (;;) {
      group.accept(group.readRequests().map((request) => this.#topics.read(request)));
      const processed = group.process(recordsPerCommit - group.recordsSinceCommit);
      if (processed > 0 && group.recordsSinceCommit < recordsPerCommit) continue;
      const pending = group.beginCommit();
      if (pending !== null) {
        group.endCommit({ baseOffsets: pending.commit.appends.map((append) => this.#commit(append)) });
        if (++this.#commits % commitsPerFlush === 0) this.#flush();
      } else if (processed === 0) return;
    }
  }

  /** Writes the stores behind, as a worker does. */
  #flush(): void {
    for (const { taskId, slices, done } of this.#group.beginFlush()) {
      // Tables in memory have taken it when the call returns.
      void this.#stores.get(taskId)?.write(slices);
      done();
    }
  }

  #commit({ topic, partition, batch }: Append): number {
    return this.#topics.append(topic, partition, batch);
  }
}
