/** A refusal that the caller can act on; anything else is our defect and is answered without detail. */
export class ApiError extends Error {
  readonly code: ApiErrorCode;
  constructor(code: ApiErrorCode, message: string) {
    super(message);
    this.name = 'ApiError';
    this.code = code;
  }
}

export type ApiErrorCode = 'not-found' | 'conflict' | 'invalid' | 'read-only' | 'unavailable';
