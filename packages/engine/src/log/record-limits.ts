/** What a topic takes of a record; one beyond it is for the error policy of the node that writes it. */
export interface RecordLimits {
  /** The most that key, value and headers may take together, uncompressed. */
  readonly maxBytes: number;
  /** How far a timestamp may lie before the present, and after it, milliseconds. */
  readonly beforeMaxMs: number;
  readonly afterMaxMs: number;
}

export const noRecordLimits: RecordLimits = {
  maxBytes: Number.POSITIVE_INFINITY,
  beforeMaxMs: Number.POSITIVE_INFINITY,
  afterMaxMs: Number.POSITIVE_INFINITY,
};
