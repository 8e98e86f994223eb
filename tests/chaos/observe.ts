import type { Observations, ObservedFault, Seen, SeenValue, StoredTotal } from './observations.ts';
import { topicsOf } from './pipeline.ts';
import type { Cluster } from './wire/cluster.ts';
import { type ReadRecord, readTopic } from './wire/topic-reader.ts';

/** What others saw while the round went on, and cannot be read from topics any more. */
export interface Witnessed {
  readonly live: readonly Seen[];
  readonly store: readonly StoredTotal[];
  readonly faults: readonly ObservedFault[];
}

/** Reads all that a round has left in its topics. */
export async function observe(cluster: Cluster, prefix: string, witnessed: Witnessed): Promise<Observations> {
  const topics = topicsOf(prefix);
  const seen = async (topic: string) => (await readTopic(cluster, topic)).map(toSeen);
  return {
    customers: await seen(topics.customers),
    orders: await seen(topics.orders),
    payments: await seen(topics.payments),
    passed: await seen(topics.passed),
    totals: await seen(topics.totals),
    paid: await seen(topics.paid),
    changelog: (await readTopic(cluster, topics.changelog)).map(toStoredTotal),
    ...witnessed,
  };
}

export function toSeen({ partition, offset, timestamp, key, value }: ReadRecord): Seen {
  return { partition, offset, timestamp, key: key?.toString() ?? '', value: parsed(value) };
}

/** The key of a window store's changelog: the window's start in eight bytes of seven bits, then the key. */
function toStoredTotal({ key, value }: ReadRecord): StoredTotal {
  const bytes = key ?? Buffer.alloc(0);
  let startMs = 0;
  for (const byte of bytes.subarray(0, 8)) startMs = startMs * 128 + byte;
  const region = /^region-\d+/.exec(bytes.subarray(8).toString('latin1'))?.[0];
  if (region === undefined)
    throw new Error(`The changelog has the key ${bytes.toString('hex')}, which names no region.`);
  return { region, startMs, value: parsed(value) };
}

function parsed(value: Buffer | null): SeenValue | null {
  return value === null ? null : (JSON.parse(value.toString()) as SeenValue);
}
