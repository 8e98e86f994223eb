const heapMb = 1_024;
/** Collections of the whole heap begin above this, however little of it is in use: buffers count, and most of them are garbage soon. */
const collectAboveMb = 96;
/** Half of what Node takes; workers make much garbage, of which little lives long. */
const youngMb = 8;

/**
 * Node's flags for a worker process. Garbage is collected on one thread: a worker makes much garbage of which little stays, mostly buffers, and
 * threads that mark beside it cost more than they save. What each is worth is in docs/performance.md.
 */
export const workerFlags: readonly string[] = [
  `--max-old-space-size=${heapMb}`,
  `--initial-old-space-size=${collectAboveMb}`,
  `--max-semi-space-size=${youngMb}`,
  '--single-threaded-gc',
];
