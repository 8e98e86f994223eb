import {
  type AbortSignalLike,
  assert,
  GeneratedTopics,
  type Log,
  type ReadOptions,
  type ReadRequest,
  type ReadResult,
  type Topology,
} from '@millrace/engine';

/** Reads what the tasks of a topology ask for: topics from the log, and those that are generated from their generators. */
export class TopicReader {
  readonly #log: Pick<Log, 'read'>;
  readonly #generated: GeneratedTopics;
  readonly #now: () => number;

  /** `now`: milliseconds of a clock that advances with the wall clock. */
  constructor(log: Pick<Log, 'read'>, topology: Topology, now: () => number) {
    this.#log = log;
    this.#generated = new GeneratedTopics(topology);
    this.#now = now;
  }

  /** The answers are in the order of the requests. A wait for the log ends when a generator has its next record. */
  async read(requests: readonly ReadRequest[], options: ReadOptions): Promise<readonly ReadResult[]> {
    const generated = requests.filter(({ topic }) => this.#generated.has(topic));
    if (generated.length === 0) return this.#log.read(requests, options);
    const nowMs = this.#now();
    const made = new Map(generated.map((request) => [request, this.#generated.read(request, nowMs)]));
    const hasMade = [...made.values()].some(({ batches }) => batches.length > 0);
    const maxWaitMs = hasMade ? 0 : Math.min(options.maxWaitMs, this.#untilNext(generated, nowMs));
    const others = requests.filter((request) => !made.has(request));
    const read = await this.#readLog(others, { ...options, maxWaitMs });
    let next = 0;
    return requests.map((request) => {
      const result = made.get(request) ?? read[next++];
      assert(result !== undefined, `the log gave no answer for ${request.topic}-${request.partition}`);
      return result;
    });
  }

  async #readLog(requests: readonly ReadRequest[], options: ReadOptions): Promise<readonly ReadResult[]> {
    if (requests.length > 0) return this.#log.read(requests, options);
    if (options.maxWaitMs > 0) await pause(options.maxWaitMs, options.signal);
    return [];
  }

  #untilNext(requests: readonly ReadRequest[], nowMs: number): number {
    const waits = requests.map((request) => this.#generated.dueInMs(request, nowMs) ?? Number.POSITIVE_INFINITY);
    return Math.min(...waits);
  }
}

/** Settles after the time, or when the signal says so. */
function pause(ms: number, signal: AbortSignalLike | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) {
      resolve();
      return;
    }
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener('abort', end);
  });
}
