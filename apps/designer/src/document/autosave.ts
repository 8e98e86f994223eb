import type { Pipeline } from '@millrace/engine';

/** How the document on the screen stands to the one on the server. */
export type SaveState =
  | { readonly at: 'saved'; readonly savedAtMs: number }
  | { readonly at: 'waiting' }
  | { readonly at: 'saving' }
  /** Somebody else saved in between. Nothing is written until the person decides. */
  | { readonly at: 'conflict' }
  | { readonly at: 'failed'; readonly message: string };

export type SaveOutcome =
  | { readonly saved: true; readonly revision: number; readonly savedAtMs: number }
  | { readonly saved: false; readonly conflict: boolean; readonly message: string };

interface AutosaveOptions {
  readonly revision: number;
  /** Called one at a time; must not throw. */
  readonly save: (pipeline: Pipeline, expectedRevision: number) => Promise<SaveOutcome>;
  readonly onState: (state: SaveState, revision: number) => void;
  /** How long after the last change it saves. */
  readonly delayMs?: number | undefined;
  /** How long it waits before it tries again after a failure. */
  readonly retryMs?: number | undefined;
}

/**
 * Saves a document some time after its last change, one save at a time, always the newest document. After a conflict it stops: the
 * other's work is not overwritten.
 */
export class Autosave {
  readonly #options: AutosaveOptions;
  #revision: number;
  #pending: Pipeline | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #running: Promise<void> | null = null;
  #stopped = false;

  constructor(options: AutosaveOptions) {
    this.#options = options;
    this.#revision = options.revision;
  }

  change(pipeline: Pipeline): void {
    if (this.#stopped) return;
    this.#pending = pipeline;
    if (this.#running === null) this.#tell({ at: 'waiting' });
    this.#schedule(this.#options.delayMs ?? 600);
  }

  /** Saves at once what has not been saved, and resolves when it is, or when it has failed. */
  async flush(): Promise<void> {
    this.#cancel();
    if (this.#running !== null) await this.#running;
    this.#cancel();
    this.#start();
    if (this.#running !== null) await this.#running;
  }

  get hasUnsaved(): boolean {
    return this.#pending !== null || this.#running !== null;
  }

  /** Nothing is saved after this; call `flush` first to keep the last change. */
  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  #schedule(delayMs: number): void {
    this.#cancel();
    this.#timer = setTimeout(() => {
      this.#timer = null;
      if (this.#running === null) this.#start();
    }, delayMs);
  }

  #cancel(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #start(): void {
    const pipeline = this.#pending;
    if (pipeline === null || this.#stopped) return;
    this.#pending = null;
    this.#tell({ at: 'saving' });
    this.#running = this.#options.save(pipeline, this.#revision).then((outcome) => {
      this.#running = null;
      this.#settle(pipeline, outcome);
    });
  }

  #settle(pipeline: Pipeline, outcome: SaveOutcome): void {
    if (outcome.saved) {
      this.#revision = outcome.revision;
      if (this.#pending === null) this.#tell({ at: 'saved', savedAtMs: outcome.savedAtMs });
      else if (this.#timer === null) this.#start();
      return;
    }
    if (outcome.conflict) {
      this.#pending = null;
      this.stop();
      this.#tell({ at: 'conflict' });
      return;
    }
    this.#tell({ at: 'failed', message: outcome.message });
    // What failed is tried again, unless there is something newer.
    this.#pending ??= pipeline;
    if (!this.#stopped) this.#schedule(this.#options.retryMs ?? 5000);
  }

  #tell(state: SaveState): void {
    this.#options.onState(state, this.#revision);
  }
}
