import type { StorePage } from '@millrace/api';
import type { StoreQuery, Topology } from '@millrace/engine';
import type { Up } from '@millrace/protocol';
import { mergeAnswers, type TaskRefusal } from './store-answers.ts';
import type { Worker } from './worker.ts';

type Answers = Extract<Up, { type: 'storeAnswers' }>;
type Outcome = Answers | 'late' | 'ended';

interface Question {
  readonly worker: Worker;
  readonly settle: (outcome: Outcome) => void;
}

const answerWithinMs = 5_000;

/** Questions to the stores of one deployment. What cannot be answered is said as data, with the reason, and never thrown. */
export class StoreQueries {
  readonly #nowMs: () => number;
  /** By request id. */
  readonly #open = new Map<number, Question>();
  #lastRequestId = 0;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /**
   * @param workers those that may have the store's tasks
   * @param isLive whether they run the deployment, rather than reading what its last commit left
   * @returns null when all of them ended before they answered: somebody else may
   */
  async ask(
    query: StoreQuery,
    topology: Topology,
    workers: readonly Worker[],
    isLive: boolean,
  ): Promise<StorePage | null> {
    const tasks = tasksOf(query.store, topology);
    if (tasks === null) return this.refuse(query, topology, 'unknown-store', null);
    const known = workers.filter((worker) => worker.hasSaidHello || worker.isOver);
    if (known.length === 0) return this.refuse(query, topology, 'restoring', null);
    const outcomes = await Promise.all(known.map((worker) => this.#ask(query, worker)));
    if (outcomes.every((outcome) => outcome === 'ended')) return null;
    if (outcomes.every((outcome) => outcome === 'late')) return this.refuse(query, topology, 'no-answer', null);
    const said = outcomes.filter((outcome) => typeof outcome === 'object');
    const answers = newestOfEachTask(said.flatMap((outcome) => outcome.answers));
    const answered = new Set(answers.map(({ taskId }) => taskId));
    const refusals = said.flatMap((outcome) => outcome.refusals).filter(({ taskId }) => !answered.has(taskId));
    const heard = new Set([...answers, ...refusals].map(({ taskId }) => taskId));
    // Where there are several workers, a task that none of them has is on its way to one.
    const isOnItsWay = workers.length > 1 && !outcomes.includes('late');
    const silent = tasks
      .filter((taskId) => !heard.has(taskId))
      .map((taskId) => ({ taskId, reason: isOnItsWay ? ('restoring' as const) : ('no-answer' as const) }));
    const page = this.#page(query, topology, answers, [...refusals, ...silent]);
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
    this.#open.get(answers.requestId)?.settle(answers);
  }

  /** @param ended null for whoever was asked */
  workerEnded(ended: Worker | null): void {
    for (const { worker, settle } of [...this.#open.values()]) {
      if (ended === null || worker === ended) settle('ended');
    }
  }

  #page(query: StoreQuery, topology: Topology, answers: Answers['answers'], refusals: readonly TaskRefusal[]) {
    const kind = topology.stores.find(({ name }) => name === query.store)?.kind ?? 'key-value';
    const partitions = tasksOf(query.store, topology)?.length ?? 0;
    return mergeAnswers(query, kind, partitions, answers, refusals, this.#nowMs());
  }

  #ask(query: StoreQuery, worker: Worker): Promise<Outcome> {
    if (worker.isOver) return Promise.resolve('ended');
    const requestId = ++this.#lastRequestId;
    return new Promise((resolve) => {
      const settle = (outcome: Outcome): void => {
        clearTimeout(timer);
        this.#open.delete(requestId);
        resolve(outcome);
      };
      const timer = setTimeout(settle, answerWithinMs, 'late');
      this.#open.set(requestId, { worker, settle });
      worker.send({ type: 'storeQuery', requestId, query });
    });
  }
}

/** While a task moves, two workers may answer for it: who has let it go knows less. */
function newestOfEachTask(answers: Answers['answers']): Answers['answers'] {
  const byTask = new Map<string, Answers['answers'][number]>();
  for (const answer of answers) {
    const known = byTask.get(answer.taskId);
    if (known === undefined || answer.position > known.position) byTask.set(answer.taskId, answer);
  }
  return [...byTask.values()];
}

/** The tasks that have the store; null when there is no such store. */
function tasksOf(store: string, topology: Topology): readonly string[] | null {
  const owner = topology.subTopologies.find(({ stores }) => stores.includes(store));
  if (owner === undefined || !topology.stores.some(({ name }) => name === store)) return null;
  return Array.from({ length: owner.partitions }, (_, partition) => `${owner.id}_${partition}`);
}
