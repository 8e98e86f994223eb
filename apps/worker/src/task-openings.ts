import type { AssignedTask, TaskId } from '@millrace/engine';
import type { OpenedTask } from './open-task.ts';

/**
 * Tasks on their way from being given to running: they are restored beside those that run, one after the other. Those that were given
 * together begin together, so that what they write into a shared topic is in order of event time from the first record on. They are all
 * measured first, so that the share that is restored does not fall when the next one's turn comes.
 */
export class TaskOpenings {
  readonly #open: (task: AssignedTask, signal: AbortSignal) => Promise<OpenedTask>;
  readonly #measure: (task: AssignedTask) => Promise<void>;
  readonly #onChange: () => void;
  #waiting: AssignedTask[][] = [];
  #opened: OpenedTask[] = [];
  #batch: readonly AssignedTask[] = [];
  #ready: OpenedTask[] = [];
  #current: {
    readonly taskIds: readonly TaskId[];
    readonly abort: AbortController;
    readonly done: Promise<void>;
  } | null = null;
  #failure: { readonly error: unknown } | null = null;

  /** `measure` finds out how long opening will take; `onChange` is told when there is something to take. */
  constructor(
    open: (task: AssignedTask, signal: AbortSignal) => Promise<OpenedTask>,
    measure: (task: AssignedTask) => Promise<void>,
    onChange: () => void,
  ) {
    this.#open = open;
    this.#measure = measure;
    this.#onChange = onChange;
  }

  add(tasks: readonly AssignedTask[]): void {
    this.#waiting.push([...tasks]);
    this.#next();
  }

  /** Tasks that can run now; their stores are the caller's from here on. @throws what kept a task from being opened */
  take(): readonly OpenedTask[] {
    if (this.#failure !== null) throw this.#failure.error;
    return this.#ready.splice(0);
  }

  /** Afterwards nothing of these tasks is here, and nothing of them is open. */
  async cancel(taskIds: readonly TaskId[]): Promise<void> {
    const isCancelled = ({ taskId }: AssignedTask): boolean => taskIds.includes(taskId);
    this.#waiting = this.#waiting.map((batch) => batch.filter((task) => !isCancelled(task)));
    this.#batch = this.#batch.filter((task) => !isCancelled(task));
    if (this.#current?.taskIds.some((taskId) => taskIds.includes(taskId))) {
      this.#current.abort.abort();
      await this.#current.done;
    }
    for (const list of [this.#opened, this.#ready]) {
      for (const task of list.filter(isCancelled)) {
        list.splice(list.indexOf(task), 1);
        await task.stores.close();
      }
    }
    this.#next();
  }

  /** Forgets everything, failures too. */
  async cancelAll(): Promise<void> {
    this.#waiting = [];
    this.#batch = [];
    this.#current?.abort.abort();
    await this.#current?.done;
    this.#failure = null;
    for (const task of [...this.#opened.splice(0), ...this.#ready.splice(0)]) await task.stores.close();
  }

  #next(): void {
    if (this.#current !== null || this.#failure !== null) return;
    if (this.#batch.length === 0) {
      if (this.#opened.length > 0) {
        this.#ready.push(...this.#opened.splice(0));
        this.#onChange();
      }
      this.#batch = this.#waiting.shift() ?? [];
      if (this.#batch.length > 1) {
        this.#run(this.#batch, (signal) => this.#measureAll(this.#batch, signal));
        return;
      }
    }
    const [task, ...rest] = this.#batch;
    if (task === undefined) {
      if (this.#waiting.length > 0) this.#next();
      return;
    }
    this.#batch = rest;
    this.#run([task], async (signal) => {
      const opened = await this.#open(task, signal);
      if (signal.aborted) await opened.stores.close();
      else this.#opened.push(opened);
    });
  }

  async #measureAll(tasks: readonly AssignedTask[], signal: AbortSignal): Promise<void> {
    for (const task of tasks) if (!signal.aborted) await this.#measure(task);
  }

  #run(tasks: readonly AssignedTask[], work: (signal: AbortSignal) => Promise<void>): void {
    const abort = new AbortController();
    const done = work(abort.signal).then(
      () => this.#settled(),
      (error: unknown) => this.#failed(error, abort.signal.aborted),
    );
    this.#current = { taskIds: tasks.map(({ taskId }) => taskId), abort, done };
  }

  #settled(): void {
    this.#current = null;
    this.#next();
  }

  #failed(error: unknown, isCancelled: boolean): void {
    this.#current = null;
    if (isCancelled) {
      this.#next();
      return;
    }
    this.#failure = { error };
    this.#onChange();
  }
}
