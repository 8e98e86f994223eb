import type { SourceSpec } from '../../../topology/topology.ts';
import { evaluate, ModelFailure } from './model-expression.ts';
import type { LogRecord } from './model-record.ts';

/** A record has no time, and its source passes such records over. */
export class PassedOver extends Error {}

/**
 * The event time of a record, as its source has it. `partitionTime` is the greatest so far, null before the first.
 * @throws ModelFailure when there is none
 */
export function eventTime(
  source: SourceSpec,
  key: unknown,
  value: unknown,
  record: LogRecord,
  partitionTime: number | null,
): number {
  const time = extracted(source, key, value, record);
  if (time !== null && time >= 0) return time;
  if (source.invalidTimestamp === 'partition-time' && partitionTime !== null) return partitionTime;
  if (source.invalidTimestamp === 'skip') throw new PassedOver();
  throw new ModelFailure('no event time');
}

function extracted(
  { timestamp }: SourceSpec,
  key: unknown,
  value: unknown,
  { timestamp: own, headers }: LogRecord,
): number | null {
  switch (timestamp.from) {
    case 'field': {
      if (value === null) return own;
      let found: unknown = value;
      for (const name of timestamp.path) found = (found as { readonly [name: string]: unknown } | null)?.[name] ?? null;
      return typeof found === 'number' ? Math.trunc(found) : null;
    }
    case 'expression':
      try {
        const found = evaluate(timestamp.expression, {
          key,
          value,
          timestamp: own,
          headers: Object.fromEntries(headers),
        });
        return typeof found === 'number' ? Math.trunc(found) : null;
      } catch (error) {
        if (error instanceof ModelFailure) return null;
        throw error;
      }
    default:
      return own;
  }
}
