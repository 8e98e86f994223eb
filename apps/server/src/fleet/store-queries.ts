import type { StorePage } from '@millrace/api';
import type { StoreQuery, Topology } from '@millrace/engine';
import type { Up } from '@millrace/protocol';
import { mergeAnswers, type TaskRefusal } from './store-answers.ts';
import type { WorkerProcess } from './worker-process.ts';

type Answers = Extract<Up, { type: 'storeAnswers' }>;
type Outcome = Answers | 'late' | 'ended';

const answerWithinMs = 5_000;

/** Questions to the stores of one deployment. What cannot be answered is said as data, with the reason, and never thrown. */
export class StoreQueries {
  readonly #nowMs: () => number;
  /** By request id. */
  readonly #open = new Map<number, (outcome: Outcome) => void>();
  #lastRequestId = 0;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /**
   * @param isLive whether the worker runs the deployment, rather than reading what its last commit left
   * @returns null when the worker ended before it answered: somebody else may
   */
  async ask(query: StoreQuery, topology: Topology, worker: WorkerProcess, isLive: boolean): Promise<StorePage | null> {
    const tasks = tasksOf(query.store, topology);
    if (tasks === null) return this.refuse(query, topology, 'unknown-store', null);
    if (!worker.hasSaidHello && !worker.isOver) return this.refuse(query, topology, 'restoring', null);
    const outcome = await this.#ask(query, worker);
    if (outcome === 'ended') return null;
    if (outcome === 'late') return this.refuse(query, topology, 'no-answer', null);
    const heard = new Set([...outcome.answers, ...outcome.refusals].map(({ taskId }) => taskId));
    const silent = tasks
      .filter((taskId) => !heard.has(taskId))
      .map((taskId) => ({ taskId, reason: 'no-answer' as const }));
    const page = this.#page(query, topology, outcome.answers, [...outcome.refusals, ...silent]);
    return { ...page, isLive, problem: null };
  }

  /** @param problem why, as sentences, when there is more to say than the reason */
  refuse(query: StoreQuery, topology: Topology, reason: TaskRefusal['reason'], problem: string | null): StorePage {
    const tasks = tasksOf(query.store, topology);
    const refusals: TaskRefusal[] =
      tasks === null ? [{ taskId: '', reason: 'unknown-store' }] : tasks.map((taskId) => ({ taskId, reason }));
    return { ...this.#page(query, topology, [], refusals), isLive: false, problem };
  }

  answered(answers: Answers): void {
    this.#open.get(answers.requestId)?.(answers);
  }

  workerEnded(): void {
    for (const settle of [...this.#open.values()]) settle('ended');
  }

  #page(query: StoreQuery, topology: Topology, answers: Answers['answers'], refusals: readonly TaskRefusal[]) {
    const kind = topology.stores.find(({ name }) => name === query.store)?.kind ?? 'key-value';
    const partitions = tasksOf(query.store, topology)?.length ?? 0;
    return mergeAnswers(query, kind, partitions, answers, refusals, this.#nowMs());
  }

  #ask(query: StoreQuery, worker: WorkerProcess): Promise<Outcome> {
    if (worker.isOver) return Promise.resolve('ended');
    const requestId = ++this.#lastRequestId;
    return new Promise((resolve) => {
      const settle = (outcome: Outcome): void => {
        clearTimeout(timer);
        this.#open.delete(requestId);
        resolve(outcome);
      };
      const timer = setTimeout(settle, answerWithinMs, 'late');
      this.#open.set(requestId, settle);
      worker.send({ type: 'storeQuery', requestId, query });
    });
  }
}

/** The tasks that have the store; null when there is no such store. */
function tasksOf(store: string, topology: Topology): readonly string[] | null {
  const owner = topology.subTopologies.find(({ stores }) => stores.includes(store));
  if (owner === undefined || !topology.stores.some(({ name }) => name === store)) return null;
  return Array.from({ length: owner.partitions }, (_, partition) => `${owner.id}_${partition}`);
}
