/** One side of a comparison, which goes on from round to round: prepares without the clock, then runs under it. */
export interface Contender<Input> {
  readonly name: string;
  prepare(input: Input): Promise<void> | void;
  run(input: Input): Promise<unknown> | unknown;
}

/** Nanoseconds of CPU (user and system, all threads) a record, of each round. */
export interface Measured {
  readonly name: string;
  readonly cpuNs: readonly number[];
  readonly wallNs: readonly number[];
}

/** Runs the contenders in turn, round by round, after warm-up rounds that are thrown away. */
export async function measure<Input extends { readonly records: number }>(
  contenders: readonly Contender<Input>[],
  inputOf: (round: number) => Promise<Input>,
  rounds: { readonly warmUp: number; readonly measured: number },
): Promise<readonly Measured[]> {
  const results = contenders.map(({ name }) => ({ name, cpuNs: [] as number[], wallNs: [] as number[] }));
  for (let round = -rounds.warmUp; round < rounds.measured; round++) {
    const input = await inputOf(round + rounds.warmUp);
    for (const [index, contender] of contenders.entries()) {
      await contender.prepare(input);
      globalThis.gc?.();
      const startedNs = process.hrtime.bigint();
      const before = process.cpuUsage();
      await contender.run(input);
      const { user, system } = process.cpuUsage(before);
      const wallNs = Number(process.hrtime.bigint() - startedNs);
      if (round < 0) continue;
      results[index]?.cpuNs.push(((user + system) * 1000) / input.records);
      results[index]?.wallNs.push(wallNs / input.records);
    }
  }
  return results;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

/** Least and greatest as parts of the median. */
export function spread(values: readonly number[]): string {
  const at = median(values);
  const percent = (value: number): string => `${Math.round((value / at - 1) * 100)}`;
  return `${percent(Math.min(...values))}…+${percent(Math.max(...values))} %`;
}
