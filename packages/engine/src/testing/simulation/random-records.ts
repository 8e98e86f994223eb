import { encodeKey, type KeyFormat } from '../../log/key-format.ts';
import { partitionFor } from '../../log/partitioner.ts';
import type { Draft, DraftTopic } from './draft.ts';
import type { Random } from './random.ts';
import type { InputRecord } from './scenario.ts';

const encoder = new TextEncoder();

/** What the records of a run are like as a whole. */
interface Manner {
  readonly keys: readonly string[];
  readonly beginMs: number;
  /** How far event time goes from record to record, at the most. */
  readonly stepMs: number;
  /** How far behind an out-of-order record may be. */
  readonly backMs: number;
  readonly outOfOrder: number;
  readonly bad: number;
  readonly nullKeys: number;
  readonly keyFormat: KeyFormat;
}

/** Records for all topics of a draft: a few keys, event time that goes on with records out of order and late ones, and some bad ones. */
export function randomRecords(
  random: Random,
  draft: Pick<Draft, 'keyFormat' | 'isClean' | 'beginsLater'>,
  topics: readonly DraftTopic[],
  most: number,
): readonly InputRecord[] {
  const manner: Manner = {
    keys: ['a', 'b', 'c', 'é', 'dd', ''].slice(0, random.int(1, 6)),
    beginMs: random.pick(draft.beginsLater ? [1000, 1_700_000_000_000] : [0, 0, 1000, 1_700_000_000_000]),
    stepMs: random.pick([2, 5, 30]),
    backMs: random.pick([5, 20, 100]),
    outOfOrder: random.pick([0, 0.2, 0.5]),
    bad: draft.isClean ? 0 : random.pick([0, 0, 0.05]),
    nullKeys: random.pick([0, 0.05]),
    keyFormat: draft.keyFormat,
  };
  let nowMs = manner.beginMs;
  const count = random.int(Math.ceil(most / 4), most);
  return Array.from({ length: topics.length === 0 ? 0 : count }, (_, index) => {
    nowMs += random.int(0, manner.stepMs);
    const late = random.chance(manner.outOfOrder) ? random.int(0, manner.backMs) : 0;
    return randomRecord(random, manner, random.pick(topics), Math.max(0, nowMs - late), index);
  });
}

function randomRecord(
  random: Random,
  manner: Manner,
  topic: DraftTopic,
  timestamp: number,
  index: number,
): InputRecord {
  const key = random.chance(manner.nullKeys) ? null : encodeKey(manner.keyFormat, random.pick(manner.keys));
  const partition = key === null ? random.int(0, topic.partitions - 1) : partitionFor(key, topic.partitions);
  const headers = random.chance(0.9) ? [{ name: 'id', value: encoder.encode(`${topic.name} ${index}`) }] : [];
  return {
    topic: topic.name,
    partition,
    record: { key, value: randomValue(random, manner, topic, timestamp), timestamp, headers },
  };
}

function randomValue(random: Random, manner: Manner, topic: DraftTopic, timestamp: number): string | null {
  if (random.chance(topic.tombstones)) return null;
  if (random.chance(manner.bad)) return random.pick(['{"n":', '{}', '{"n":"x","k":"a"}', 'null', '"text"']);
  return JSON.stringify({
    n: random.int(0, 9),
    k: random.chance(0.05) ? null : random.pick(manner.keys),
    s: random.pick(['x', 'y', 'ü']),
    t: random.chance(0.1) ? random.pick([null, -5, 'soon']) : timestamp,
    list: Array.from({ length: random.int(0, 3) }, () => random.int(0, 5)),
  });
}
