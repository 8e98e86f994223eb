import {
  type Append,
  type Commit,
  type CommitResult,
  type CommittedTask,
  type Log,
  LogError,
  type ReadOptions,
  type ReadRequest,
  type ReadResult,
  type SourcePosition,
  type TaskId,
} from '../../log/log.ts';
import { LogAround } from './log-around.ts';
import type { Life, Scheduler } from './scheduler.ts';
import type { Weather } from './weather.ts';

/** How long a worker waits for the answer to a commit before it takes it for lost. */
const timeoutMs = 60;

/**
 * A client's way to the log, over a network that delays, and loses requests and answers. What is on its way arrives even when the client
 * has died meanwhile.
 */
export class FaultyLog extends LogAround {
  readonly #scheduler: Scheduler;
  readonly #client: Life;
  readonly #network: Life;
  readonly #weather: Weather;

  constructor(log: Log, scheduler: Scheduler, client: Life, network: Life, weather: Weather) {
    super(log);
    this.#scheduler = scheduler;
    this.#client = client;
    this.#network = network;
    this.#weather = weather;
  }

  override async commit(commit: Commit): Promise<CommitResult> {
    switch (this.#weather.commitFate()) {
      case 'answered': {
        const outcome = await this.#arrive(commit, this.#weather.delayMs());
        await this.#answer('commit', this.#weather.delayMs());
        if ('error' in outcome) throw outcome.error;
        return outcome.result;
      }
      case 'answer lost':
        await this.#arrive(commit, this.#weather.delayMs());
        return this.#giveUp();
      case 'request lost':
        return this.#giveUp();
      case 'arrives late':
        void this.#arrive(commit, timeoutMs * 4);
        return this.#giveUp();
    }
  }

  override async read(requests: readonly ReadRequest[], options: ReadOptions): Promise<readonly ReadResult[]> {
    await this.#answer('read', this.#weather.delayMs());
    return this.log.read(requests, { ...options, maxBytesPerPartition: this.#weather.maxBytesPerPartition() });
  }

  override async committed(application: string, taskId: TaskId): Promise<CommittedTask | null> {
    await this.#answer('committed', this.#weather.delayMs());
    return this.log.committed(application, taskId);
  }

  override async fence(application: string, taskIds: readonly TaskId[]): Promise<readonly number[]> {
    await this.#answer('fence', this.#weather.delayMs());
    return this.log.fence(application, taskIds);
  }

  override async purge(positions: readonly SourcePosition[]): Promise<void> {
    await this.#answer('purge', this.#weather.delayMs());
    return this.log.purge(positions);
  }

  override async append(appends: readonly Append[]): Promise<CommitResult> {
    await this.#answer('append', this.#weather.delayMs());
    return this.log.append(appends);
  }

  /** The request reaches the log, whoever is still there to hear of it. */
  async #arrive(
    commit: Commit,
    delayMs: number,
  ): Promise<{ readonly result: CommitResult } | { readonly error: unknown }> {
    await this.#scheduler.turn(this.#network, `commit of ${this.#client.name} arrives`, delayMs);
    try {
      return { result: await this.log.commit(commit) };
    } catch (error) {
      return { error };
    }
  }

  #answer(what: string, delayMs: number): Promise<void> {
    return this.#scheduler.turn(this.#client, `${what} is answered`, delayMs);
  }

  async #giveUp(): Promise<never> {
    await this.#answer('commit not', timeoutMs);
    throw new LogError('unknown-outcome', 'The answer to a commit did not come. Read back what is committed.');
  }
}
