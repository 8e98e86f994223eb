import {
  changesOf,
  type Log,
  LogError,
  type ReadResult,
  type StoreSpec,
  subTopologyOf,
  type TaskId,
  type Topology,
} from '@millrace/engine';
import { LmdbTaskStores, StoreError } from '@millrace/store-lmdb';

export interface RestoreProgress {
  /** Changelog records replayed so far, and how many there are. */
  readonly restoredRecords: number;
  readonly restoreTotal: number;
}

export interface RestoreOptions {
  readonly log: Log;
  readonly topology: Topology;
  readonly taskId: TaskId;
  readonly directory: string;
}

/** From where to where a store's changelog must be replayed. */
interface Tail {
  readonly spec: StoreSpec;
  readonly from: number;
  readonly end: number;
}

const maxBytesPerRead = 1024 * 1024;

/** How long one read waits for transactions of the task's last owner that are still undecided. */
const undecidedWaitMs = 1000;

/**
 * Opens a task's stores and replays what their changelogs have beyond them. Afterwards each store reflects the end of its changelog, which
 * is the last commit.
 * @throws the signal's reason when it ends the work; nothing is open then
 */
export async function restoreTask(
  options: RestoreOptions,
  onProgress: (progress: RestoreProgress) => void,
  signal?: AbortSignal,
): Promise<LmdbTaskStores> {
  const copy = await StoreCopy.open(options);
  try {
    await copy.catchUp(onProgress, signal);
    return copy.stores;
  } catch (error) {
    await copy.stores.close();
    throw error;
  }
}

/** How many changelog records {@link restoreTask} would replay now. */
export async function recordsToRestore(options: RestoreOptions): Promise<number> {
  if (subTopologyOf(options.topology, options.taskId).subTopology.stores.length === 0) return 0;
  const copy = await StoreCopy.open(options);
  try {
    return await copy.recordsBehind();
  } finally {
    await copy.stores.close();
  }
}

/**
 * A task's stores on this machine's disk, as a copy of their changelogs. A store that does not fit its changelog any more, or is damaged, is
 * rebuilt from the changelog's start.
 */
export class StoreCopy {
  readonly stores: LmdbTaskStores;
  readonly #log: Log;
  readonly #specs: readonly StoreSpec[];
  readonly #partition: number;

  private constructor({ log, topology, taskId }: RestoreOptions, stores: LmdbTaskStores) {
    const { subTopology, partition } = subTopologyOf(topology, taskId);
    this.#log = log;
    this.#specs = topology.stores.filter((store) => subTopology.stores.includes(store.name));
    this.#partition = partition;
    this.stores = stores;
  }

  static async open(options: RestoreOptions): Promise<StoreCopy> {
    return new StoreCopy(options, await openStores(options.directory));
  }

  /** By changelog topic: the offset that the copy has reached. */
  positions(): ReadonlyMap<string, number> {
    return new Map(this.#specs.map((spec) => [spec.changelogTopic, this.stores.position(spec.name)]));
  }

  /** How many records its changelogs have beyond it. */
  async recordsBehind(): Promise<number> {
    return recordsOf(await this.#findTails());
  }

  /** Replays until each store reflects all that its changelog held when this began. */
  async catchUp(onProgress: (progress: RestoreProgress) => void, signal?: AbortSignal): Promise<void> {
    const tails = await this.#findTails();
    const restoreTotal = recordsOf(tails);
    let restoredRecords = 0;
    onProgress({ restoredRecords, restoreTotal });
    for (const { spec, from, end } of tails) {
      for (let at = from; at < end; ) {
        signal?.throwIfAborted();
        const next = await this.#replay(spec, at, signal);
        restoredRecords += next - at;
        at = next;
        onProgress({ restoredRecords, restoreTotal });
      }
    }
    signal?.throwIfAborted();
  }

  async #findTails(): Promise<readonly Tail[]> {
    const tails = [];
    for (const spec of this.#specs) tails.push(await this.#findTail(spec));
    return tails;
  }

  /** Empties the store when its position is none that the changelog still knows. */
  async #findTail(spec: StoreSpec): Promise<Tail> {
    this.stores.table(spec.name);
    const position = this.stores.position(spec.name);
    const tail = await this.#readIfKnown(spec, position);
    if (tail !== null) return { spec, from: Math.max(position, tail.startOffset), end: tail.undecidedEndOffset };
    await this.stores.clear([spec.name]);
    const { startOffset, undecidedEndOffset } = await this.#read(spec, 0, 1, 0);
    return { spec, from: startOffset, end: undecidedEndOffset };
  }

  /** Null when the changelog does not reach as far as the position, or what followed it is gone. */
  async #readIfKnown(spec: StoreSpec, position: number): Promise<ReadResult | null> {
    try {
      const result = await this.#read(spec, position, 1, 0);
      const isKnown = position === 0 || (position >= result.startOffset && position <= result.undecidedEndOffset);
      return isKnown ? result : null;
    } catch (error) {
      if (position > 0 && error instanceof LogError && error.code === 'offset-out-of-range') return null;
      throw error;
    }
  }

  /** Replays one read's worth of changelog; gives the offset to go on from. */
  async #replay(spec: StoreSpec, offset: number, signal: AbortSignal | undefined): Promise<number> {
    // A read that may wait does so for records, and there are none behind the last commit but the mark of its transaction.
    let result = await this.#read(spec, offset, maxBytesPerRead, 0, signal);
    if (result.nextOffset <= offset) result = await this.#read(spec, offset, maxBytesPerRead, undecidedWaitMs, signal);
    const position = Math.max(offset, result.nextOffset);
    if (position === offset) return offset;
    await this.stores.write([
      {
        store: spec.name,
        changes: result.batches.flatMap((batch) => changesOf(spec, batch, offset)),
        droppedSegments: [],
        position,
      },
    ]);
    return position;
  }

  async #read(
    spec: StoreSpec,
    offset: number,
    maxBytesPerPartition: number,
    maxWaitMs: number,
    signal?: AbortSignal,
  ): Promise<ReadResult> {
    const partition = this.#partition;
    const [result] = await this.#log.read([{ topic: spec.changelogTopic, partition, offset }], {
      maxBytesPerPartition,
      maxWaitMs,
      signal,
    });
    if (result === undefined) throw new Error(`The log did not answer for ${spec.changelogTopic}-${partition}.`);
    return result;
  }
}

function recordsOf(tails: readonly Tail[]): number {
  return tails.reduce((sum, { from, end }) => sum + end - from, 0);
}

async function openStores(directory: string): Promise<LmdbTaskStores> {
  try {
    return await LmdbTaskStores.open({ directory });
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== 'corrupt') throw error;
    await LmdbTaskStores.destroy(directory);
    return LmdbTaskStores.open({ directory });
  }
}
