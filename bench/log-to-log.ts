import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedLog } from '@millrace/backend-embedded';
import { type EncodedBatch, processors, subTopologyOf, TaskGroup, taskIds } from '@millrace/engine';
import { LmdbTaskStores } from '@millrace/store-lmdb';
import { type PartitionInput, recordsPerCommit, type Workload } from './workload.ts';

const bytesPerRead = 1024 * 1024;
const batchesPerAppend = 20;

/** A workload between an embedded log and stores on disk, in a scratch directory, as one worker would run it. */
export class LogToLog {
  readonly #directory: string;
  readonly #log: EmbeddedLog;
  readonly #workload: Workload;
  readonly #group: TaskGroup;
  readonly #stores: ReadonlyMap<string, LmdbTaskStores>;
  readonly #read: number[] = [];
  /** The store being written behind the log; null when it is not. */
  #flushing: Promise<void> | null = null;

  private constructor(
    directory: string,
    log: EmbeddedLog,
    workload: Workload,
    group: TaskGroup,
    stores: ReadonlyMap<string, LmdbTaskStores>,
  ) {
    this.#directory = directory;
    this.#log = log;
    this.#workload = workload;
    this.#group = group;
    this.#stores = stores;
  }

  static async open(workload: Workload, partitions: { readonly [topic: string]: number }): Promise<LogToLog> {
    const { topology } = workload;
    const directory = await mkdtemp(join(tmpdir(), 'millrace-bench-'));
    const log = await EmbeddedLog.open({ directory: join(directory, 'log') });
    const inputs = Object.entries(partitions).map(([name, count]) => ({
      name,
      partitions: count,
      role: 'external' as const,
      cleanup: { policy: 'delete' as const, retentionMs: null, retentionBytes: null },
      owner: null,
    }));
    await log.ensureTopics([...inputs, ...topology.topics]);
    const ids = taskIds(topology);
    const epochs = await log.fence(topology.pipeline, ids);
    const group = new TaskGroup(topology, processors);
    const stores = new Map<string, LmdbTaskStores>();
    for (const [index, taskId] of ids.entries()) {
      const names = subTopologyOf(topology, taskId).subTopology.stores;
      const opened = await LmdbTaskStores.open({ directory: join(directory, 'stores', taskId) });
      stores.set(taskId, opened);
      group.addTask({
        taskId,
        epoch: epochs[index] ?? 0,
        tables: new Map(names.map((name) => [name, opened.table(name)])),
        changelogPositions: new Map(names.map((name) => [name, opened.position(name)])),
        committed: null,
      });
    }
    const job = new LogToLog(directory, log, workload, group, stores);
    await job.feed(workload.preload);
    await job.run();
    return job;
  }

  /** Appends the next input to the log. */
  async feed(inputs: readonly PartitionInput[]): Promise<void> {
    for (const { topic, partition, batches } of inputs) {
      for (let at = 0; at < batches.length; at += batchesPerAppend) {
        await this.#log.append(batches.slice(at, at + batchesPerAppend).map((batch) => ({ topic, partition, batch })));
      }
    }
  }

  /** From the first new record to the last: read, process, commit while the next are processed, and let the stores follow. */
  async run(): Promise<void> {
    const group = this.#group;
    let committing: Promise<void> | null = null;
    for (;;) {
      const requests = group.readRequests();
      if (requests.length > 0) {
        group.accept(await this.#log.read(requests, { maxBytesPerPartition: bytesPerRead, maxWaitMs: 0 }));
      }
      const processed = group.process(recordsPerCommit - group.recordsSinceCommit);
      if (processed > 0 && group.recordsSinceCommit < recordsPerCommit) continue;
      await committing;
      committing = null;
      const pending = group.beginCommit();
      if (pending === null && processed === 0) break;
      if (pending === null) continue;
      committing = this.#log.commit(pending.commit).then((result) => {
        group.endCommit(result);
        this.#flushing ??= this.#flush().finally(() => {
          this.#flushing = null;
        });
      });
    }
    await this.#flushing;
    await this.#flush();
  }

  /** The output since the last call, by partition. */
  async takeOutput(): Promise<readonly (readonly EncodedBatch[])[]> {
    const { sinkTopic } = this.#workload;
    const topic = (await this.#log.topics()).find(({ name }) => name === sinkTopic);
    const outputs: EncodedBatch[][] = [];
    for (let partition = 0; partition < (topic?.partitions ?? 0); partition++) {
      const [result] = await this.#log.read([{ topic: sinkTopic, partition, offset: this.#read[partition] ?? 0 }], {
        maxBytesPerPartition: Number.MAX_SAFE_INTEGER,
        maxWaitMs: 0,
      });
      outputs.push((result?.batches ?? []).map((batch) => ({ bytes: batch.bytes.slice(), count: batch.count })));
      this.#read[partition] = result?.endOffset ?? 0;
    }
    return outputs;
  }

  async remove(): Promise<void> {
    for (const stores of this.#stores.values()) await stores.close();
    await this.#log.close();
    await rm(this.#directory, { recursive: true });
  }

  async #flush(): Promise<void> {
    for (const { taskId, slices, done } of this.#group.beginFlush()) {
      await this.#stores.get(taskId)?.write(slices);
      done();
    }
  }
}
