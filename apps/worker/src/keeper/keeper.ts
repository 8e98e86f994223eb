import type { KeeperDown, KeeperUp, RunName } from '@millrace/protocol';
import { type KeeperPlace, KeptRun, type RunOrder } from './kept-run.ts';

/** Time that workers get to commit and leave where nobody says another. */
export const stopWithinMs = 10_000;

export interface KeeperParts {
  readonly place: KeeperPlace;
  /** Tells the server, if there is one. */
  readonly report: (message: KeeperUp) => void;
  readonly note: (line: string) => void;
}

/**
 * Keeps one run of each deployment that the server names. What runs does not depend on the server being there: its next word may come much
 * later, from another process.
 */
export class Keeper {
  readonly #parts: KeeperParts;
  readonly #runs = new Map<string, KeptRun>();
  /** By pipeline: what was told last is done last. */
  readonly #turns = new Map<string, Promise<void>>();
  #isEnding = false;

  constructor(parts: KeeperParts) {
    this.#parts = parts;
  }

  get runs(): readonly RunName[] {
    return [...this.#runs.values()].map(({ name }) => name);
  }

  /** A server has come: the runs that it names go on, all others end. */
  keep(wanted: readonly RunName[]): void {
    const ids = new Map(wanted.map(({ pipelineId, runId }) => [pipelineId, runId]));
    for (const run of this.#runs.values()) {
      const { pipelineId, runId } = run.name;
      if (ids.get(pipelineId) === runId) run.tellAll();
      else this.halt(pipelineId, stopWithinMs);
    }
  }

  run(order: RunOrder): void {
    const { pipelineId, runId } = order;
    this.#inTurn(pipelineId, async () => {
      const before = this.#runs.get(pipelineId);
      if (this.#isEnding || before?.name.runId === runId) return;
      await before?.stop(stopWithinMs);
      const run = new KeptRun({ ...this.#parts, order });
      this.#runs.set(pipelineId, run);
      await run.start();
    });
  }

  halt(pipelineId: string, withinMs: number): void {
    this.#inTurn(pipelineId, async () => {
      await this.#runs.get(pipelineId)?.stop(withinMs);
      this.#runs.delete(pipelineId);
      this.#parts.report({ type: 'halted', pipelineId });
    });
  }

  ask(question: Extract<KeeperDown, { type: 'ask' }>): void {
    this.#runs.get(question.pipelineId)?.ask(question);
  }

  /** Ends all workers, and starts none any more. */
  async end(withinMs: number): Promise<void> {
    this.#isEnding = true;
    await Promise.all([...this.#runs.values()].map((run) => run.stop(withinMs)));
    await Promise.all(this.#turns.values());
    await Promise.all([...this.#runs.values()].map((run) => run.stop(withinMs)));
  }

  #inTurn(pipelineId: string, work: () => Promise<void>): void {
    const before = this.#turns.get(pipelineId) ?? Promise.resolve();
    const turn = before.then(work).catch((error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      this.#runs.delete(pipelineId);
      this.#parts.note(`${pipelineId}: the workers could not be started. ${message}`);
      this.#parts.report({
        type: 'ended',
        pipelineId,
        index: 0,
        name: this.#parts.place.name,
        message,
        startsInMs: null,
        failure: null,
      });
    });
    this.#turns.set(pipelineId, turn);
  }
}
