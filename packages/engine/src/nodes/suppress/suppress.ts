import { z } from 'zod';
import { field } from '../field.ts';
import type { CheckContext, NodeKind } from '../node-kind.ts';
import type { PlannedSuppress } from './suppress-processor.ts';

const config = z.strictObject({
  until: z
    .enum(['time', 'window-close'])
    .default('time')
    .meta(
      field({
        label: 'Hold rows back',
        widget: 'choice',
        help: 'For a time, so that only the last of many quick changes goes on; or until a window has closed, so that it gives one result, the final one.',
        choices: [
          { value: 'time', label: 'For a time' },
          { value: 'window-close', label: 'Until their window has closed' },
        ],
      }),
    ),
  waitMs: z
    .number()
    .int()
    .default(60_000)
    .meta(
      field({
        label: 'For',
        widget: 'duration',
        help: 'Event time from the first change that is held back. 0 holds nothing back.',
        when: { field: 'until', is: ['time'] },
      }),
    ),
  maxRecords: z
    .number()
    .int()
    .default(0)
    .meta(
      field({
        label: 'Most rows held back',
        widget: 'number',
        help: 'In each partition. 0 is no limit.',
      }),
    ),
  maxBytes: z
    .number()
    .int()
    .default(0)
    .meta(
      field({
        label: 'Most bytes held back',
        widget: 'number',
        help: 'In each partition: keys, values and headers as they are stored. 0 is no limit.',
      }),
    ),
  whenFull: z
    .enum(['emit', 'fail'])
    .default('emit')
    .meta(
      field({
        label: 'When that is exceeded',
        widget: 'choice',
        help: 'Sending early keeps the pipeline running, and a window may then give more than one result. Stopping keeps every result final.',
        choices: [
          { value: 'emit', label: 'Send the oldest rows early' },
          { value: 'fail', label: 'Stop the pipeline' },
        ],
      }),
    ),
});

export type SuppressConfig = z.infer<typeof config>;

export const suppress: NodeKind<SuppressConfig> = {
  name: 'suppress',
  title: 'Suppress',
  summary: 'Holds the changes of a table back and passes on only the last of each row.',
  prose: `A change of a row is held back. If the row changes again meanwhile, the newer change takes the place of the older one, with its timestamp and headers, but leaves when the older one would have left. Time is the greatest timestamp among the changes that have come; only further changes move it, so what is held back stays where it is while nothing comes.

**For a time**: a row goes on when time has reached the timestamp of the first change that was held back, plus the wait.

**Until their window has closed**: a row goes on when time has reached the end of its window plus the grace of the aggregate in front (of sessions, plus the gap too). Each window gives one result; a row that was deleted before its window closed gives none. The table must be one of windows.

Rows leave in the order of these times, those with equal times in the order of their keys. When more is held back than the limits allow, the oldest leave early, or the pipeline stops, as you choose.

A join that looks a row up here finds what was passed on last, not what is held back. Rows that are held back survive a restart. The past of a versioned table cannot be held back, so the table must not keep any.`,
  example: {
    config: { until: 'window-close', waitMs: 0, maxRecords: 0, maxBytes: 0, whenFull: 'emit' },
    says: 'Each hour’s count goes on once, when the hour is over.',
  },
  category: 'state',
  config,
  initialConfig: () => ({ until: 'time', waitMs: 60_000, maxRecords: 0, maxBytes: 0, whenFull: 'emit' }),
  inputs: () => [{ name: 'in', title: 'Table', shape: 'table' }],
  outputs: () => [{ name: 'out', title: 'Table' }],
  check: (settings, context) => {
    const input = context.inputs.get('in');
    if (settings.until === 'window-close' && input?.windowed === false) {
      context.report({
        code: 'not-windowed',
        path: ['until'],
        message: `The rows of ${context.inputName('in')} belong to no windows, so none will close. Hold them back for a time.`,
        fix: { title: 'Hold them back for a time', value: 'time' },
      });
    }
    if ((input?.versionedMs ?? 0) > 0) {
      context.report({
        code: 'versioned-table',
        path: [],
        message: `${context.inputName('in')} keeps the past of its rows, and changes of the past cannot be held back. Read it without a history.`,
      });
    }
    if (settings.until === 'time') checkNotNegative(settings, 'waitMs', 'The time that rows wait', context);
    checkNotNegative(settings, 'maxRecords', 'The most rows held back', context);
    checkNotNegative(settings, 'maxBytes', 'The most bytes held back', context);
    return input === undefined ? new Map() : new Map([['out', input]]);
  },
  expressions: () => [],
  plan: (settings, planner) => {
    const input = planner.input('in');
    const suffix = input.windowed ? ['start', 'end'] : [];
    const isFinal = settings.until === 'window-close';
    const signature = ['suppress', settings.until];
    const rowsStore = planner.store({
      role: 'store',
      kind: 'key-value',
      keyFormat: input.keyFormat,
      suffix,
      view: { as: 'value' },
      signature,
    });
    const indexStore = planner.store({
      role: 'index',
      kind: 'key-value',
      keyFormat: 'bytes',
      view: { as: 'value' },
      signature,
    });
    const planned: PlannedSuppress = {
      waitMs: isFinal ? (input.windowCloseMs ?? 0) : settings.waitMs,
      isFinal,
      isWindowed: input.windowed,
      hasOld: input.sendsOld,
      maxRecords: settings.maxRecords,
      maxBytes: settings.maxBytes,
      whenFull: settings.whenFull,
      rowsStore,
      indexStore,
    };
    const held = planner.processor({
      processor: 'suppress',
      config: planned,
      stores: [rowsStore, indexStore],
      inputs: { in: input },
    });
    planner.output('out', {
      ...held,
      rows: input.rows !== null && input.sendsOld ? held.from : null,
      sendsOld: input.sendsOld,
    });
  },
  // What a row was before it was held back is part of what it is to those who look it up.
  // Old rows in any case, as in Kafka Streams: a filter above then passes on no deletion of what it never had.
  demands: (_settings, _port, { demand }) => ({ old: 'must', rows: demand('out').rows }),
};

function checkNotNegative(
  settings: SuppressConfig,
  name: 'waitMs' | 'maxRecords' | 'maxBytes',
  words: string,
  context: CheckContext,
): void {
  if (settings[name] >= 0) return;
  context.report({
    code: 'negative',
    path: [name],
    message: `${words} cannot be fewer than none.`,
    fix: { title: 'Use 0', value: 0 },
  });
}
