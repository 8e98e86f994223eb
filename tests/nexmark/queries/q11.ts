import { bidsOf, type Inputs } from '../auction-house.ts';
import { type ExpectedOutput, everyRecord, type OutputRecord } from '../expected-output.ts';
import { PartitionTimes, partitionOf, partitions } from '../partitions.ts';

interface Session {
  readonly key: string;
  readonly start: number;
  readonly end: number;
  readonly bids: number;
}

const gapMs = 10_000;
const graceMs = 4000;
const keptMs = 600_000;

/** The sessions of one partition. */
class Sessions {
  /** By person; closed ones too, since a bid may join one to another. */
  readonly #kept = new Map<string, readonly Session[]>();
  readonly #open = new Set<Session>();
  #newestEnd = Number.NEGATIVE_INFINITY;
  #closedUpTo = 0;

  /** The sessions that a bid lies in, or within the gap of. */
  around(key: string, at: number): readonly Session[] {
    return (this.#kept.get(key) ?? []).filter(
      ({ start, end }) => end >= at - gapMs && start <= at + gapMs && end > this.#newestEnd - keptMs,
    );
  }

  replace(replaced: readonly Session[], session: Session): void {
    this.#newestEnd = Math.max(this.#newestEnd, session.end);
    const others = (this.#kept.get(session.key) ?? []).filter((one) => !replaced.includes(one));
    this.#kept.set(session.key, [...others, session]);
    for (const one of replaced) this.#open.delete(one);
    this.#open.add(session);
  }

  /** The sessions that have closed since the last call. */
  close(closeTime: number): readonly Session[] {
    if (closeTime <= this.#closedUpTo) return [];
    const closed = [...this.#open].filter(({ end }) => end >= this.#closedUpTo && end < closeTime);
    for (const one of closed) this.#open.delete(one);
    this.#closedUpTo = closeTime;
    return closed;
  }
}

/** How many bids each person makes without pausing for more than ten seconds, once nothing can be added any more. */
export function q11(inputs: Inputs): ExpectedOutput {
  const times = new PartitionTimes();
  const byPartition = Array.from({ length: partitions }, () => new Sessions());
  const results: OutputRecord[] = [];
  let late = 0;
  for (const { at, value } of bidsOf(inputs)) {
    const key = String(value.bidder);
    const partition = partitionOf(key);
    const sessions = byPartition[partition] as Sessions;
    const closeTime = times.advance(partition, at) - graceMs - gapMs;
    const touched = sessions.around(key, at);
    const start = Math.min(at, ...touched.map((one) => one.start));
    const end = Math.max(at, ...touched.map((one) => one.end));
    const bids = touched.reduce((sum, one) => sum + one.bids, 1);
    if (end < closeTime) late++;
    else sessions.replace(touched, { key, start, end, bids });
    for (const one of sessions.close(closeTime)) {
      const window = { start: one.start, end: one.end };
      results.push({ key: one.key, window, value: { bids: one.bids }, timestamp: one.end });
    }
  }
  return everyRecord(results, { sessions: late });
}
