import { noHeaders } from '../../../log/header.ts';
import { StreamRecord } from '../../../runtime/stream-record.ts';
import { inputsWith, is, processorsWith, storeWith } from './changed-processors.ts';
import type { SeededBug } from './seeded-bug.ts';

/** What single kinds may get wrong. */
export const bugsOfOperators: readonly SeededBug[] = [
  {
    name: 'a session that was merged stays',
    shows: 'session',
    mutation: processorsWith((context) => ({
      ...context,
      store: (name) => {
        const access = context.store(name);
        return is(context, 'aggregate') && name.endsWith('-store')
          ? storeWith(access, {
              put: (segment, key, value, timestamp) => {
                if (value !== null) access.put(segment, key, value, timestamp);
              },
            })
          : access;
      },
    })),
  },
  {
    name: 'the deletion of a merged session is not sent on',
    shows: 'session',
    mutation: processorsWith((context) => ({
      ...context,
      forward: (record, port) => {
        if (!is(context, 'aggregate') || record.value !== null) context.forward(record, port);
      },
    })),
  },
  {
    name: 'an aggregate of a table forgets to take the old row away',
    shows: 'aggregate of a table',
    mutation: inputsWith('group-rows', (record) => record.withChange(record.value, null)),
  },
  {
    name: 'what a processor counted is not restored',
    shows: 'stream-stream',
    mutation: processorsWith((context) => ({ ...context, number: (_name, initial) => ({ value: initial }) })),
  },
  {
    name: 'the time up to which windows were sent is not restored',
    shows: 'windows',
    mutation: processorsWith((context) => ({
      ...context,
      number: (name, initial) => (name === 'lastClose' ? { value: initial } : context.number(name, initial)),
    })),
  },
  {
    name: 'suppress lets rows go in another order',
    shows: 'suppress',
    mutation: processorsWith((context) => ({
      ...context,
      store: (name) => {
        const access = context.store(name);
        return is(context, 'suppress')
          ? storeWith(access, { range: (...range) => access.range(...range).toReversed() })
          : access;
      },
    })),
  },
  {
    name: 'a suppressed row has the headers of its first change',
    shows: 'suppress',
    mutation: processorsWith((context) => ({
      ...context,
      forwardTimed: (record, port) =>
        context.forwardTimed(
          is(context, 'suppress')
            ? new StreamRecord(record.key, record.value, record.timestamp, noHeaders, record.window, record.old)
            : record,
          port,
        ),
    })),
  },
  {
    name: 'an outer join forgets that a record found a partner',
    shows: 'stream-stream',
    mutation: processorsWith((context) => ({
      ...context,
      store: (name) => {
        const access = context.store(name);
        return name.includes('-unmatched-')
          ? storeWith(access, {
              put: (segment, key, value, timestamp) => {
                if (value !== null) access.put(segment, key, value, timestamp);
              },
            })
          : access;
      },
    })),
  },
  {
    name: 'a join window is one millisecond too long',
    shows: 'stream-stream',
    mutation: processorsWith((context) => {
      const config = context.spec.config as { readonly afterMs?: number };
      return config.afterMs === undefined
        ? context
        : { ...context, spec: { ...context.spec, config: { ...config, afterMs: config.afterMs + 1 } } };
    }),
  },
  {
    name: 'a foreign-key join does not unsubscribe',
    shows: 'foreign-key',
    mutation: processorsWith((context) => ({
      ...context,
      forward: (record, port) => {
        const isEnd = is(context, 'foreign-key-subscribe') && JSON.stringify(record.value).includes('unsubscribe"');
        if (!isEnd) context.forward(record, port);
      },
    })),
  },
  {
    name: 'a join of tables does not delete its results',
    shows: 'table-table',
    mutation: processorsWith((context) => ({
      ...context,
      forward: (record, port) => {
        if (!is(context, 'table-table') || record.value !== null) context.forward(record, port);
      },
    })),
  },
  {
    name: 'dedupe takes a repetition at the very end of its window for one',
    shows: 'dedupe',
    mutation: processorsWith((context) => {
      const config = context.spec.config as { readonly windowMs?: number };
      return is(context, 'dedupe') && config.windowMs !== undefined
        ? { ...context, spec: { ...context.spec, config: { ...config, windowMs: config.windowMs + 1 } } }
        : context;
    }),
  },
];
