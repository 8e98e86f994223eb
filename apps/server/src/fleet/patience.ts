/** How long those are waited for who may never answer, in milliseconds. */
export interface Patience {
  /** A worker that has not said hello by then is given up. */
  readonly helloWithinMs: number;
  /** A worker that was told to stop, or said that it failed, and still runs then is killed. */
  readonly stopWithinMs: number;
  /** Stores that are not restored by then answer for themselves: some of them, or none yet. */
  readonly readableWithinMs: number;
  /** A worker that only reads stores leaves when nobody has asked it for so long. */
  readonly idleReaderMs: number;
}

export const defaultPatience: Patience = {
  helloWithinMs: 30_000,
  stopWithinMs: 10_000,
  readableWithinMs: 5_000,
  idleReaderMs: 60_000,
};
