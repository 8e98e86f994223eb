/**
 * Kafka Streams' words for what makes a task fail, beside ours for the same. A case names a part of the former; what it says in no such words
 * is looked for as it is, since it is what the case's own function threw.
 */
const sameErrors: readonly (readonly [theirs: RegExp, ours: RegExp])[] = [
  [/deserialization exception handler is set to fail/i, /is not JSON|is not valid UTF-8/],
  [/negative timestamp/i, /before 1970/],
];

/** Whether our message tells of the error that a case expects. */
export function isExpectedError(expected: string, message: string): boolean {
  const same = sameErrors.find(([theirs]) => theirs.test(expected));
  return same === undefined ? message.includes(expected) : same[1].test(message);
}
