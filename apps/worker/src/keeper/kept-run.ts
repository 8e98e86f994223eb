import type { KeeperDown, KeeperUp, RunName } from '@millrace/protocol';
import { KeptWorker } from './kept-worker.ts';
import { dropOtherState } from './state-id.ts';

export type RunOrder = Extract<KeeperDown, { type: 'run' }>;

/** What all workers of a keeper have in common. */
export interface KeeperPlace {
  /** The worker's program. */
  readonly workerMain: string;
  readonly dataDirectory: string;
  /** Workers of each deployment. */
  readonly workers: number;
  /** What the workers are called in their consumer groups: this, with `-1`, `-2`, … behind it. */
  readonly keeperId: string;
  /** What people call them. */
  readonly name: string;
  /** What else the environment of a worker says. */
  readonly environment: { readonly [name: string]: string };
}

export interface KeptRunParts {
  readonly place: KeeperPlace;
  readonly order: RunOrder;
  readonly report: (message: KeeperUp) => void;
  readonly note: (line: string) => void;
}

/** One deployment on this machine: its workers, from the order to run it until they are gone. */
export class KeptRun {
  readonly name: RunName;
  readonly #parts: KeptRunParts;
  readonly #workers: readonly KeptWorker[];
  #stopping: Promise<void> | null = null;

  constructor(parts: KeptRunParts) {
    const { order, place, report, note } = parts;
    const { pipelineId, runId, topology } = order;
    this.name = { pipelineId, runId };
    this.#parts = parts;
    this.#workers = Array.from({ length: place.workers }, (_, index) => {
      const member = `${place.keeperId}-${index + 1}`;
      const environment = {
        ...place.environment,
        MILLRACE_BACKEND: 'kafka',
        MILLRACE_DATA: place.dataDirectory,
        MILLRACE_PIPELINE: pipelineId,
        MILLRACE_WORKER_NAME: member,
      };
      const name = place.workers === 1 ? place.name : `${place.name}-${index + 1}`;
      const start = { main: place.workerMain, environment };
      return new KeptWorker({ pipelineId, index, name, member, topology, start, report, note });
    });
  }

  /** @throws Error when the directory of the stores cannot be written */
  async start(): Promise<void> {
    const { place, order } = this.#parts;
    await dropOtherState(place.dataDirectory, order.pipelineId, order.stateId);
    for (const worker of this.#workers) worker.start();
  }

  /** Tells a server that has just come how things are. */
  tellAll(): void {
    for (const worker of this.#workers) worker.tellAll();
  }

  ask({ pid, requestId, query }: Extract<KeeperDown, { type: 'ask' }>): void {
    this.#workers.find((worker) => worker.pid === pid)?.send({ type: 'storeQuery', requestId, query });
  }

  /** Settles when no process is left. */
  stop(withinMs: number): Promise<void> {
    this.#stopping ??= Promise.all(this.#workers.map((worker) => worker.stop(withinMs))).then(() => undefined);
    return this.#stopping;
  }
}
