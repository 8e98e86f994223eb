import type { LostRecords } from '@millrace/api';
import type { RetentionGap } from '@millrace/protocol';

type Range = readonly [from: number, to: number];

/** Ranges kept apart of one partition; a worker that starts again goes back by one commit, never past so many gaps. */
const rangesKept = 100;

/** One partition as one node reads it: ranges in order, none touching another, and how many records the forgotten ones had. */
interface Partition {
  readonly topic: string;
  readonly partition: number;
  readonly ranges: readonly Range[];
  readonly before: number;
}

/**
 * Records that retention removed before a node had read them. Kept as ranges of offsets, since a worker that starts from the last commit
 * finds a gap again that an earlier one had found.
 */
export class RetentionGaps {
  readonly #byNode = new Map<string, Map<string, Partition>>();

  add(node: string, { topic, partition, fromOffset, toOffset }: Omit<RetentionGap, 'taskId'>): void {
    const partitions = this.#byNode.get(node) ?? new Map<string, Partition>();
    this.#byNode.set(node, partitions);
    const key = `${topic}-${partition}`;
    const known = partitions.get(key) ?? { topic, partition, ranges: [], before: 0 };
    const ranges = united(known.ranges, [fromOffset, toOffset]);
    const folded = ranges.splice(0, Math.max(0, ranges.length - rangesKept));
    partitions.set(key, { ...known, ranges, before: known.before + lengthOf(folded) });
  }

  of(node: string): readonly LostRecords[] {
    return [...(this.#byNode.get(node)?.values() ?? [])]
      .map(({ topic, partition, ranges, before }) => ({ topic, partition, records: before + lengthOf(ranges) }))
      .sort((left, right) =>
        left.topic === right.topic ? left.partition - right.partition : left.topic < right.topic ? -1 : 1,
      );
  }

  clear(): void {
    this.#byNode.clear();
  }
}

function united(ranges: readonly Range[], [from, to]: Range): Range[] {
  const touching = ranges.filter((range) => range[0] <= to && range[1] >= from);
  const apart = ranges.filter((range) => !touching.includes(range));
  const whole: Range = [
    Math.min(from, ...touching.map((range) => range[0])),
    Math.max(to, ...touching.map((range) => range[1])),
  ];
  return [...apart, whole].sort((left, right) => left[0] - right[0]);
}

function lengthOf(ranges: readonly Range[]): number {
  return ranges.reduce((sum, [from, to]) => sum + to - from, 0);
}
