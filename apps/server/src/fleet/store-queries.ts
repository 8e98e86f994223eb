import type { StorePage } from '@millrace/api';
import type { StoreQuery, Topology } from '@millrace/engine';
import type { Up } from '@millrace/protocol';
import { mergeAnswers, type TaskRefusal } from './store-answers.ts';
import type { WorkerProcess } from './worker-process.ts';

type Answers = Extract<Up, { type: 'storeAnswers' }>;

const answerWithinMs = 5_000;

/** Questions to the stores of one deployment. What cannot be answered is said as data, with the reason, and never thrown. */
export class StoreQueries {
  readonly #nowMs: () => number;
  /** By request id; called with null when no answer will come. */
  readonly #open = new Map<number, (answers: Answers | null) => void>();
  #lastRequestId = 0;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  async ask(query: StoreQuery, topology: Topology, worker: WorkerProcess | null): Promise<StorePage> {
    const store = topology.stores.find(({ name }) => name === query.store);
    const owner = topology.subTopologies.find(({ stores }) => stores.includes(query.store));
    const tasks =
      owner === undefined ? [] : Array.from({ length: owner.partitions }, (_, partition) => `${owner.id}_${partition}`);
    const page = (answers: Answers['answers'], refusals: readonly TaskRefusal[]): StorePage =>
      mergeAnswers(query, store?.kind ?? 'key-value', tasks.length, answers, refusals, this.#nowMs());
    const refused = (reason: TaskRefusal['reason']): StorePage =>
      page(
        [],
        tasks.map((taskId) => ({ taskId, reason })),
      );

    if (store === undefined) return page([], [{ taskId: '', reason: 'unknown-store' }]);
    if (worker === null) return refused('not-running');
    const answers = await this.#ask(query, worker);
    if (answers === null) return refused('no-answer');
    const heard = new Set([...answers.answers, ...answers.refusals].map(({ taskId }) => taskId));
    const silent = tasks
      .filter((taskId) => !heard.has(taskId))
      .map((taskId) => ({ taskId, reason: 'no-answer' as const }));
    return page(answers.answers, [...answers.refusals, ...silent]);
  }

  answered(answers: Answers): void {
    this.#open.get(answers.requestId)?.(answers);
  }

  workerEnded(): void {
    for (const settle of [...this.#open.values()]) settle(null);
  }

  #ask(query: StoreQuery, worker: WorkerProcess): Promise<Answers | null> {
    const requestId = ++this.#lastRequestId;
    return new Promise((resolve) => {
      const settle = (answers: Answers | null): void => {
        clearTimeout(timer);
        this.#open.delete(requestId);
        resolve(answers);
      };
      const timer = setTimeout(settle, answerWithinMs, null);
      this.#open.set(requestId, settle);
      worker.send({ type: 'storeQuery', requestId, query });
    });
  }
}
