import { type AbortSignalLike, LogError } from '@millrace/engine';

/** The caller does not want the answer any more. */
export function abortedCall(): LogError {
  return new LogError('io', 'The call was given up by its caller.');
}

/** Settles like `answer`, or rejects as soon as the signal is given. */
export function onAbort<T>(answer: Promise<T>, signal: AbortSignalLike): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      signal.removeEventListener('abort', abort);
      reject(abortedCall());
    };
    signal.addEventListener('abort', abort);
    answer.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
