import type { TopicCleanup } from '@millrace/engine';

/** Kafka's own names for what {@link TopicCleanup} says. */
export const cleanupConfigNames = [
  'cleanup.policy',
  'retention.ms',
  'retention.bytes',
  'min.compaction.lag.ms',
] as const;

const endlessMs = '9223372036854775807';
const dayMs = 86_400_000;

/** What we may write into our own topics: rows of stores, and dead letters with the record that caused them. Managed clusters allow it. */
const ownMessageBytes = 8 * 1024 * 1024;

/** The settings under which we create a topic. @param isOwn whether nobody but Millrace writes it */
export function topicConfigs(
  cleanup: TopicCleanup,
  isOwn: boolean,
): readonly (readonly [name: string, value: string])[] {
  return [
    ...cleanupConfigs(cleanup),
    ...(isOwn ? ([['max.message.bytes', String(ownMessageBytes)]] as const) : []),
    ['message.timestamp.type', 'CreateTime'],
    // Event times may be from any time; the brokers' clocks decide nothing here.
    ['message.timestamp.before.max.ms', endlessMs],
    ['message.timestamp.after.max.ms', endlessMs],
  ];
}

function cleanupConfigs(cleanup: TopicCleanup): readonly (readonly [name: string, value: string])[] {
  switch (cleanup.policy) {
    case 'delete':
      return [
        ['cleanup.policy', 'delete'],
        // Brokers count from the event time: what comes of old records would be gone at once. So the size decides where there is a bound of it.
        ['retention.ms', String(cleanup.retentionBytes === null ? (cleanup.retentionMs ?? -1) : -1)],
        ['retention.bytes', String(cleanup.retentionBytes ?? -1)],
      ];
    case 'purge':
      return [
        ['cleanup.policy', 'delete'],
        ['retention.ms', '-1'],
        ['retention.bytes', '-1'],
      ];
    case 'compact':
      return [
        // With `compact` alone brokers refuse to remove records when a topic is truncated; without a retention nothing else goes by it.
        ['cleanup.policy', 'compact,delete'],
        ['retention.ms', '-1'],
        ['retention.bytes', '-1'],
        ['min.compaction.lag.ms', String(cleanup.historyMs)],
        // Who restores a store must meet the tombstones of what it holds.
        ['delete.retention.ms', String(Math.max(dayMs, cleanup.historyMs))],
      ];
  }
}

/** What the settings of somebody else's topic amount to. */
export function cleanupOf(configs: ReadonlyMap<string, string | null>): TopicCleanup {
  const policy = configs.get('cleanup.policy') ?? 'delete';
  if (policy.includes('compact')) {
    return { policy: 'compact', historyMs: bound(configs.get('min.compaction.lag.ms')) ?? 0, historyBytes: null };
  }
  return {
    policy: 'delete',
    retentionMs: bound(configs.get('retention.ms')),
    retentionBytes: bound(configs.get('retention.bytes')),
  };
}

function bound(value: string | null | undefined): number | null {
  const number = Number(value ?? -1);
  return Number.isFinite(number) && number >= 0 ? number : null;
}
