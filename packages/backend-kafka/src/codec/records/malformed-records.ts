/** The bytes of a record batch are damaged, or not of a form that this code reads. */
export class MalformedRecordsError extends Error {
  readonly code = 'malformed-records';

  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'MalformedRecordsError';
  }
}
