import { TopicContents } from './checker/topic-contents.ts';
import type { SimulatedRun } from './simulate.ts';

/**
 * Where a run's results differ from those of a calm one of the same scenario, as far as they may not depend on the order in which
 * partitions were read.
 */
export function differenceFromCalm(run: SimulatedRun, calm: SimulatedRun): readonly string[] {
  const [is, should] = [results(run), results(calm)];
  return [...new Set([...is.keys(), ...should.keys()])]
    .filter((name) => is.get(name)?.join('\n') !== should.get(name)?.join('\n'))
    .map(
      (name) =>
        `${name} has\n    ${is.get(name)?.join('\n    ')}\n  and without faults\n    ${should.get(name)?.join('\n    ')}`,
    );
}

/** What was written, by topic and key; in order, where that is given. */
function results({ scenario, topology, ledger }: SimulatedRun): ReadonlyMap<string, readonly string[]> {
  const contents = new TopicContents(ledger);
  const internal = new Set(
    topology.topics.filter(({ role }) => role === 'commits' || role === 'changelog').map(({ name }) => name),
  );
  const found = new Map<string, string[]>();
  for (const name of contents.names) {
    const at = name.lastIndexOf('/');
    const topic = name.slice(0, at);
    if (internal.has(topic)) continue;
    for (const { key, value, timestamp, headers } of contents.partition(topic, Number(name.slice(at + 1)))) {
      const isOrdered = scenario.orderFreedom === 'by key' && key !== null && topic !== topology.deadLetterTopic;
      const group = isOrdered ? `${topic} ${key}` : topic;
      const lines = found.get(group) ?? [];
      lines.push(JSON.stringify([key, value, timestamp, headers]));
      found.set(group, lines);
    }
  }
  for (const [group, lines] of found) if (!group.includes(' ')) lines.sort();
  return found;
}
