import type { StoreRow } from '@millrace/engine';
import type { CampaignWorker } from './campaign-worker.ts';

/** The workers of a round, whoever starts them. */
export interface Fleet {
  /** Whether all workers have tasks. */
  readonly isRunning: boolean;
  /** The rows of a store, when every partition of it answers; null until then. */
  rowsOf(store: string): Promise<readonly StoreRow[] | null>;
  stop(): Promise<void>;
}

/** Workers without a server: the round itself starts them again when they end. */
export class WorkerFleet implements Fleet {
  readonly workers: readonly CampaignWorker[];
  readonly #partitions: number;

  constructor(workers: readonly CampaignWorker[], partitions: number) {
    this.workers = workers;
    this.#partitions = partitions;
  }

  get isRunning(): boolean {
    return this.workers.every((worker) => worker.runningTasks > 0);
  }

  async rowsOf(store: string): Promise<readonly StoreRow[] | null> {
    const answers = (await Promise.all(this.workers.map((worker) => worker.answersOf(store)))).flat();
    if (new Set(answers.map(({ taskId }) => taskId)).size < this.#partitions) return null;
    return answers.flatMap(({ rows }) => rows);
  }

  async stop(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.stop()));
  }
}
