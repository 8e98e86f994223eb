import type { Down } from '@millrace/protocol';
import { nextWorkerId, type Worker } from '../fleet/worker.ts';
import type { KeeperSession } from './keeper-session.ts';

/** A worker process that a keeper has, as long as the keeper is connected. */
export class KeptWorker implements Worker {
  readonly id = nextWorkerId();
  readonly pid: number;
  readonly #pipelineId: string;
  readonly #session: KeeperSession;
  hasSaidHello = false;
  isOver = false;

  constructor(pipelineId: string, pid: number, session: KeeperSession) {
    this.#pipelineId = pipelineId;
    this.pid = pid;
    this.#session = session;
  }

  /** Questions go to the process. All else is the keeper's: what it runs, and when it ends. */
  send(message: Down): void {
    if (this.isOver || message.type !== 'storeQuery') return;
    const { requestId, query } = message;
    this.#session.send({ type: 'ask', pipelineId: this.#pipelineId, pid: this.pid, requestId, query });
  }
}
