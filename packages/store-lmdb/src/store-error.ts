/**
 * `corrupt`: the table is damaged or of another version. Nothing is lost: it is a projection of its changelog, so destroy it and replay.
 */
export type StoreErrorCode = 'corrupt' | 'disk-full' | 'closed' | 'io';

/** The world's fault. `retriable` says whether the same call on newly opened stores may succeed later. */
export class StoreError extends Error {
  readonly code: StoreErrorCode;
  readonly retriable: boolean;
  constructor(code: StoreErrorCode, message: string, options: { retriable?: boolean; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'StoreError';
    this.code = code;
    this.retriable = options.retriable ?? false;
  }
}
