import { type AbortSignalLike, LogError } from '@millrace/engine';
import { isRetriable, KafkaError } from './kafka-error.ts';

const usualFirstPauseMs = 20;
const longestPauseMs = 500;

export interface RetryOptions {
  /** Give up after this long, with the last error. */
  readonly forMs: number;
  /** How long to wait before the second attempt; twice as long before each after it, up to a bound. */
  readonly firstPauseMs?: number | undefined;
  readonly signal?: AbortSignalLike | undefined;
  /** Called before another attempt, to look where things are now. */
  readonly between?: ((error: unknown) => Promise<void> | void) | undefined;
}

/** Tries until it works, fails for good, or has failed for too long. Rejects with LogError. */
export async function withRetries<T>(work: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { forMs, firstPauseMs = usualFirstPauseMs, signal, between } = options;
  const startedMs = performance.now();
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    try {
      return await work();
    } catch (error) {
      const isLate = performance.now() - startedMs + pauseMs > forMs;
      if (!isRetriable(error) || isLate || signal?.aborted) throw asLogError(error);
      await pause(pauseMs);
      await between?.(error);
    }
  }
}

/** Errors of Kafka as those of the port; what is neither is passed on as it is. */
export function asLogError(error: unknown): unknown {
  return error instanceof KafkaError ? error.toLogError() : error;
}

export function isClosed(error: unknown): boolean {
  return error instanceof LogError && error.code === 'closed';
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
