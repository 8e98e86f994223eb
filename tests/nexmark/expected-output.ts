export interface OutputRecord {
  readonly key: string;
  readonly window?: { readonly start: number; readonly end: number } | undefined;
  readonly value: unknown;
  readonly timestamp: number;
}

/** What a query must give. */
export interface ExpectedOutput {
  /** Every record, in order for each key and window; or, where only the last of each key is told, that. */
  readonly records: readonly OutputRecord[];
  readonly told: 'every record' | 'the last of each key';
  /** How many records there are where not every one is told. */
  readonly count?: number | undefined;
  /** How many records come after all their windows have closed, by node. */
  readonly late?: { readonly [node: string]: number } | undefined;
}

export function everyRecord(
  records: readonly OutputRecord[],
  late: { readonly [node: string]: number } | undefined = undefined,
): ExpectedOutput {
  return { records, told: 'every record', late };
}
