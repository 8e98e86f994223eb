/** States what must be true if our own code is right. A failure is a defect of Millrace, never a user's mistake: it fails the task. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionFailure(message);
}

export class AssertionFailure extends Error {
  readonly code = 'assertion';
  constructor(message: string) {
    super(`Defect in Millrace: ${message}.`);
  }
}
