import type { RestoredRecords, TaskView, WorkerView } from '@millrace/api';
import type { TaskState, Up } from '@millrace/protocol';
import { BackOff } from './back-off.ts';
import type { Worker } from './worker.ts';

/** What a worker said when it could not go on. */
export type WorkerFailure = Extract<Up, { type: 'failed' }>;

/** Ten signs of life are missing. */
const silentMs = 5_000;

/**
 * A place for one worker of a deployment: its process while there is one, what that says of its tasks, and when the next one is due after it
 * has ended by itself.
 */
export class WorkerSlot<Process extends Worker = Worker> {
  readonly name: string;
  readonly #backOff = new BackOff();
  readonly #tasks = new Map<string, TaskState>();
  #process: Process | null = null;
  #startedAtMs = 0;
  #retry: NodeJS.Timeout | null = null;
  #retryAtMs = 0;
  #waitsFor: string | null = null;
  /** Why nothing is heard of a process that may well go on. */
  #lost: string | null = null;
  /** Null before its first sign of life. */
  #heardAtMs: number | null = null;
  failed: WorkerFailure | null = null;
  /** What keeps the process from going on for now, as it says itself. */
  trouble: string | null = null;

  constructor(name: string) {
    this.name = name;
  }

  get process(): Process | null {
    return this.#process;
  }

  /** The tasks that it has, by id. */
  get tasks(): ReadonlyMap<string, TaskState> {
    return this.#tasks;
  }

  /** Why it is not there, or does not go on; null when all is well. */
  get reason(): string | null {
    if (this.#lost !== null) return this.#lost;
    if (this.isSilent) return `${this.name} has not been heard of for ${silentMs / 1_000} s.`;
    return this.#waitsFor ?? this.trouble;
  }

  get waitsToStart(): boolean {
    return this.#retry !== null;
  }

  /** How long until it is started again; without end when nothing is due. */
  get startsInMs(): number {
    return this.#retry === null ? Number.POSITIVE_INFINITY : this.#retryAtMs - performance.now();
  }

  /** The pauses before it is started again are short again. */
  forgetFailures(): void {
    this.#backOff.reset();
  }

  /** Whatever was known of the last process is over. */
  begin(): void {
    this.cancelRetry();
    this.#tasks.clear();
    this.failed = null;
    this.trouble = null;
    this.#lost = null;
    this.#heardAtMs = null;
    this.#startedAtMs = performance.now();
  }

  /** There is a process, or there is a way to speak with it again. */
  take(process: Process): void {
    this.#process = process;
    this.#lost = null;
    this.#heardAtMs = null;
  }

  /** There is no way to speak with the process any more, which may go on. @param words why, as sentences */
  lose(words: string): void {
    this.#process = null;
    this.#lost = words;
  }

  /** Whether its process may go on unheard. What is known of its tasks is of when it was heard last. */
  get isLost(): boolean {
    return this.#lost !== null;
  }

  /** The process has told of its tasks, which it does twice a second from when it has joined the others. */
  noteSign(): void {
    this.#heardAtMs = performance.now();
  }

  /** Whether the process runs but has not told of itself for so long that it cannot be well. */
  get isSilent(): boolean {
    if (this.#process === null || this.#heardAtMs === null) return false;
    return performance.now() - this.#heardAtMs > silentMs;
  }

  /** @param isAll whether the worker has no tasks but these */
  heard(tasks: readonly TaskState[], isAll: boolean): void {
    if (isAll) this.#tasks.clear();
    for (const task of tasks) this.#tasks.set(task.taskId, task);
  }

  /** The process has ended. */
  gone(): void {
    this.#process = null;
    this.#lost = null;
    this.#tasks.clear();
    this.trouble = null;
  }

  /** Calls after a pause, which is longer each time. @param message why there is no process, as a sentence */
  retryLater(message: string, launch: () => void): void {
    const waitMs = this.#backOff.next(performance.now() - this.#startedAtMs);
    this.waitFor(message, waitMs);
    this.#retryAtMs = performance.now() + waitMs;
    this.#retry = setTimeout(launch, waitMs);
  }

  /** Somebody else starts the process again. @param startsInMs null when nobody does */
  waitFor(message: string, startsInMs: number | null): void {
    const again = startsInMs === null ? '' : ` It starts again in ${startsInMs / 1_000} s.`;
    this.#waitsFor = `${message.replace(/[.\s]+$/, '')}.${again}`;
  }

  cancelRetry(): void {
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#retry = null;
    this.#waitsFor = null;
  }

  /** @param spent what it said last of its work and its memory */
  view(spent: { readonly busy: number; readonly memoryBytes: number } | null): WorkerView {
    const tasks = [...this.#tasks.values()];
    const state = this.#state(tasks);
    return {
      name: this.name,
      pid: this.#process?.pid ?? null,
      state,
      reason: this.reason,
      tasks: tasks.map(({ taskId, state }): TaskView => ({ taskId, state })),
      restored: state === 'restoring' ? restoredRecords(tasks) : null,
      busy: spent?.busy ?? 0,
      memoryBytes: spent?.memoryBytes ?? 0,
    };
  }

  #state(tasks: readonly TaskState[]): WorkerView['state'] {
    if (this.#process === null ? !this.isLost : !this.#process.hasSaidHello) return 'starting';
    if (tasks.length === 0) return 'ready';
    if (tasks.some(({ state }) => state === 'restoring')) return 'restoring';
    return tasks.every(({ state }) => state === 'running') ? 'running' : 'starting';
  }
}

export function restoredRecords(tasks: readonly TaskState[]): RestoredRecords {
  return {
    records: tasks.reduce((sum, task) => sum + task.restoredRecords, 0),
    totalRecords: tasks.reduce((sum, task) => sum + task.restoreTotal, 0),
  };
}
