import { noHeaders } from '../../../log/header.ts';
import { StreamRecord } from '../../../runtime/stream-record.ts';
import { StreamTime } from '../../../time/stream-time.ts';
import { is, processorsWith, storeWith } from './changed-processors.ts';
import type { SeededBug } from './seeded-bug.ts';

/** What any processor may get wrong. */
export const bugsOfProcessors: readonly SeededBug[] = [
  {
    name: 'the stream time of an operator is not restored',
    shows: 'tumbling',
    mutation: processorsWith((context) => ({ ...context, streamTime: new StreamTime() })),
  },
  {
    name: 'the grace of windows is off by one',
    shows: 'tumbling',
    mutation: processorsWith((context) => {
      const config = context.spec.config as { readonly graceMs?: number };
      return is(context, 'aggregate') && config.graceMs !== undefined
        ? { ...context, spec: { ...context.spec, config: { ...config, graceMs: config.graceMs + 1 } } }
        : context;
    }),
  },
  {
    name: 'a result has the timestamp of its last record',
    shows: 'aggregate',
    mutation: processorsWith((context) => ({
      ...context,
      store: (name) => {
        const access = context.store(name);
        return is(context, 'aggregate')
          ? storeWith(access, {
              get: (segment, key) => {
                const found = access.get(segment, key);
                return found === undefined ? undefined : { ...found, timestamp: 0 };
              },
            })
          : access;
      },
    })),
  },
  {
    name: 'results lose the headers',
    shows: 'aggregate',
    mutation: processorsWith((context) => ({
      ...context,
      forward: (record, port) =>
        context.forward(
          is(context, 'aggregate')
            ? new StreamRecord(record.key, record.value, record.timestamp, noHeaders, record.window, record.old)
            : record,
          port,
        ),
    })),
  },
  {
    name: 'a left join emits what found nothing twice',
    shows: 'join',
    mutation: processorsWith((context) => ({
      ...context,
      forward: (record, port) => {
        context.forward(record, port);
        const config = context.spec.config as { readonly type?: string };
        const value = JSON.stringify(record.value);
        if (config.type === 'left' && value?.includes('"m":null')) context.forward(record, port);
      },
    })),
  },
  {
    name: 'a table forgets deletions',
    shows: 'stream-table',
    mutation: processorsWith((context) => ({
      ...context,
      store: (name) => {
        const access = context.store(name);
        return is(context, 'table')
          ? storeWith(access, {
              put: (segment, key, value, timestamp) => {
                if (value !== null) access.put(segment, key, value, timestamp);
              },
            })
          : access;
      },
    })),
  },
];
