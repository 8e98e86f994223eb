const heapMb = 1_024;

/**
 * Node's flags for a worker process. Garbage is collected on one thread: a worker makes much garbage of which little stays, mostly buffers, and
 * threads that mark beside it cost more than they save (docs/performance.md).
 */
export const workerFlags: readonly string[] = [`--max-old-space-size=${heapMb}`, '--single-threaded-gc'];
