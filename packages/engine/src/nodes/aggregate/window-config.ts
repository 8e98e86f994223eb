import { isTimeZone } from '@millrace/expression';
import { z } from 'zod';
import type { KeyFormat } from '../../log/key-format.ts';
import { timeWindows } from '../../time/windows.ts';
import type { Planner } from '../../topology/planner.ts';
import type { StoreView } from '../../topology/topology.ts';
import { field } from '../field.ts';
import type { CheckContext } from '../node-kind.ts';

const dayMs = 24 * 60 * 60 * 1000;
const maxWindowMs = 366 * dayMs;

export const windowTypes = ['none', 'tumbling', 'hopping', 'sliding', 'session'] as const;
const windowed = ['tumbling', 'hopping', 'sliding', 'session'];

/** The fields of a config that say in which windows of event time results are gathered. */
export const windowFields = {
  window: z
    .enum(windowTypes)
    .default('none')
    .meta(
      field({
        label: 'Window',
        widget: 'choice',
        help: 'Tumbling windows cut event time into equal parts. Hopping windows begin more often than they are long, so that they overlap. Sliding windows hold what lies within a length of each other. Sessions last as long as there is no gap.',
        choices: [
          { value: 'none', label: 'None: over all records' },
          { value: 'tumbling', label: 'Tumbling' },
          { value: 'hopping', label: 'Hopping' },
          { value: 'sliding', label: 'Sliding' },
          { value: 'session', label: 'Session' },
        ],
      }),
    ),
  windowMs: z
    .number()
    .int()
    .default(3_600_000)
    .meta(
      field({
        label: 'Length',
        widget: 'duration',
        help: 'How much event time a window spans. Of sliding windows: how far apart its first and last record may be. Of sessions: the gap, how far a record may be from the next one.',
        when: { field: 'window', is: windowed },
      }),
    ),
  advanceMs: z
    .number()
    .int()
    .default(600_000)
    .meta(
      field({
        label: 'A new one every',
        widget: 'duration',
        help: 'How far the windows begin after one another.',
        when: { field: 'window', is: ['hopping'] },
      }),
    ),
  graceMs: z
    .number()
    .int()
    .default(0)
    .meta(
      field({
        label: 'Grace',
        widget: 'duration',
        help: 'How long after its end, in event time, a window still takes records. Later ones are counted as late.',
        when: { field: 'window', is: windowed },
      }),
    ),
  retentionMs: z
    .number()
    .int()
    .default(dayMs)
    .meta(
      field({
        label: 'Keep windows for',
        widget: 'duration',
        help: 'How long, in event time, closed windows stay in the store.',
        when: { field: 'window', is: windowed },
      }),
    ),
  timeZone: z
    .string()
    .max(100)
    .default('')
    .meta(
      field({
        label: 'Time zone',
        widget: 'text',
        help: 'Windows of whole days begin at midnight there, and are longer or shorter where clocks change. Empty is UTC.',
        placeholder: 'Europe/Berlin',
        when: { field: 'window', is: ['tumbling', 'hopping'] },
      }),
    ),
  offsetMs: z
    .number()
    .int()
    .default(0)
    .meta(
      field({
        label: 'Begin later by',
        widget: 'duration',
        help: 'Moves all windows: six hours begin days at six o’clock; four days begin weeks on Monday, since 1970 began on a Thursday.',
        when: { field: 'window', is: ['tumbling', 'hopping'] },
      }),
    ),
};

const windowSchema = z.strictObject(windowFields);
export type WindowConfig = z.infer<typeof windowSchema>;

/** A config without windows. */
export const noWindow: WindowConfig = {
  window: 'none',
  windowMs: 3_600_000,
  advanceMs: 600_000,
  graceMs: 0,
  retentionMs: dayMs,
  timeZone: '',
  offsetMs: 0,
};

export function advanceOf(settings: WindowConfig): number {
  return settings.window === 'hopping' ? settings.advanceMs : settings.windowMs;
}

/** Whether the lengths of windows follow the clocks of a zone. */
export function hasZone(settings: WindowConfig): boolean {
  const hasFixedStarts = settings.window === 'tumbling' || settings.window === 'hopping';
  return hasFixedStarts && settings.timeZone !== '' && settings.timeZone !== 'UTC';
}

/** How long after its end a window can still change; null without windows. */
export function windowCloseMs(settings: WindowConfig): number | null {
  if (settings.window === 'none') return null;
  return settings.window === 'session' ? settings.windowMs + settings.graceMs : settings.graceMs;
}

/** How long results are needed at least, behind the newest window. */
function neededMs(settings: WindowConfig): number {
  return (settings.window === 'sliding' ? 2 : 1) * settings.windowMs + settings.graceMs;
}

/** Settles the stores of results, and what goes into the config of the processor that keeps them. */
export function planResults(
  planner: Planner,
  settings: WindowConfig & { readonly emit: 'update' | 'close' },
  {
    keyFormat,
    view,
    signature,
  }: { readonly keyFormat: KeyFormat; readonly view: StoreView; readonly signature: readonly unknown[] },
): { readonly stores: readonly string[]; readonly config: Record<string, unknown> } {
  const { window, windowMs } = settings;
  const emit = window === 'none' ? 'update' : settings.emit;
  const isZoned = hasZone(settings);
  // A day may be longer by a change of its zone.
  const keptMs = Math.max(settings.retentionMs, neededMs(settings)) + (isZoned ? dayMs : 0);
  // Few segments, and few that a search has to look into.
  const bucketMs = Math.max(2 * windowMs + 2, Math.ceil(keptMs / 8));
  const isInBuckets = window === 'sliding' || window === 'session';
  const isMoved = (window === 'tumbling' || window === 'hopping') && !isZoned && settings.offsetMs > 0;
  const store = planner.store({
    role: 'store',
    kind: window === 'none' ? 'key-value' : 'window',
    keyFormat,
    view,
    signature: [...signature, ...windowSignature(settings)],
    ...(window === 'none'
      ? {}
      : { graceMs: windowCloseMs(settings) ?? 0, retentionMs: isInBuckets ? keptMs + bucketMs : keptMs }),
    // Sessions end where their last record is, which is the timestamp of their result.
    ...(window === 'none' || window === 'session' || isZoned ? {} : { windowSizeMs: windowMs }),
    ...(isMoved
      ? { firstWindowEnd: timeWindows({ ...settings, sizeMs: windowMs, advanceMs: advanceOf(settings) }).endOf(0) }
      : {}),
    ...(isInBuckets ? { suffix: ['start'] } : isZoned ? { suffix: ['end'] } : {}),
  });
  const closing =
    isInBuckets && emit === 'close'
      ? planner.store({
          role: 'closing',
          kind: 'key-value',
          keyFormat,
          prefix: window === 'sliding' ? ['start'] : ['time', 'start'],
          ...(window === 'sliding' ? { windowSizeMs: windowMs } : {}),
          view: { as: 'value' },
          signature: ['closing', window],
        })
      : null;
  return {
    stores: closing === null ? [store] : [store, closing],
    config: { emit, store, closing, view, keptMs, bucketMs, sendOld: planner.demand('out').old !== 'no' },
  };
}

/** What must stay the same for windows that are kept to go on being the same windows. */
function windowSignature(settings: WindowConfig): readonly unknown[] {
  switch (settings.window) {
    case 'none':
      return [];
    case 'tumbling':
      return alignment(settings);
    case 'hopping':
      return ['hopping', settings.advanceMs, ...alignment(settings)];
    case 'sliding':
    case 'session':
      return [settings.window, settings.windowMs];
  }
}

function alignment({ offsetMs, timeZone }: WindowConfig): readonly unknown[] {
  return offsetMs === 0 && timeZone === '' ? [] : [offsetMs, timeZone];
}

export function checkWindow(settings: WindowConfig, context: CheckContext): void {
  if (settings.window === 'none') return;
  const isLengthSound = checkLength(settings, context);
  if (settings.window === 'hopping' && isLengthSound) checkAdvance(settings, context);
  checkGrace(settings, isLengthSound, context);
  if (settings.window === 'tumbling' || settings.window === 'hopping') checkAlignment(settings, isLengthSound, context);
  const leastMs = neededMs(settings);
  if (isLengthSound && settings.graceMs >= 0 && settings.retentionMs < leastMs) {
    const words =
      settings.window === 'sliding'
        ? 'Windows are kept for twice their length and their grace at least, since records still on time may need them.'
        : 'Windows are kept until they close, so for their length and grace at least.';
    context.report({
      code: 'retention',
      severity: 'warning',
      path: ['retentionMs'],
      message: words,
      fix: { title: 'Keep them that long', value: leastMs },
    });
  }
}

function checkLength(settings: WindowConfig, context: CheckContext): boolean {
  const path = ['windowMs'];
  if (!(settings.windowMs >= 1)) {
    context.report({ code: 'window-length', path, message: 'A window has a length of at least 1 ms.' });
    return false;
  }
  if (settings.windowMs > maxWindowMs) {
    context.report({ code: 'window-length', path, message: 'A window spans at most 366 days.' });
    return false;
  }
  return true;
}

function checkAdvance(settings: WindowConfig, context: CheckContext): void {
  const path = ['advanceMs'];
  if (!(settings.advanceMs >= 1)) {
    context.report({ code: 'window-advance', path, message: 'A window begins at least 1 ms after the one before.' });
  } else if (settings.advanceMs > settings.windowMs) {
    context.report({
      code: 'window-advance',
      path,
      message: 'With windows that begin further apart than they are long, some records would be in none.',
      fix: { title: 'Let each begin where the last ends', value: settings.windowMs },
    });
  } else if (settings.windowMs / settings.advanceMs > 1000) {
    context.report({
      code: 'window-advance',
      path,
      message: 'Each record would be in more than 1000 windows. Begin them less often, or use sliding windows.',
    });
  }
}

function checkGrace(settings: WindowConfig, isLengthSound: boolean, context: CheckContext): void {
  const path = ['graceMs'];
  if (settings.graceMs < 0) {
    context.report({
      code: 'grace',
      path,
      message: 'Grace is not negative.',
      fix: { title: 'Use no grace', value: 0 },
    });
  } else if (settings.graceMs > maxWindowMs) {
    context.report({ code: 'grace', path, message: 'Grace is at most 366 days.' });
  } else if (isLengthSound && settings.window === 'tumbling' && settings.graceMs > 100 * settings.windowMs) {
    context.report({
      code: 'grace',
      severity: 'warning',
      path,
      message: 'Grace is over 100 windows long: that many windows of each key stay open at once.',
    });
  }
}

function checkAlignment(settings: WindowConfig, isLengthSound: boolean, context: CheckContext): void {
  if (settings.timeZone === '') return;
  if (!isTimeZone(settings.timeZone)) {
    context.report({
      code: 'time-zone',
      path: ['timeZone'],
      message: `There is no time zone ${settings.timeZone}. Write one like Europe/Berlin or America/New_York, or leave it empty for UTC.`,
    });
    return;
  }
  const isWholeDays = settings.windowMs % dayMs === 0 && advanceOf(settings) % dayMs === 0;
  if (isLengthSound && !isWholeDays) {
    context.report({
      code: 'time-zone',
      path: ['timeZone'],
      message:
        'A time zone makes a difference to windows of whole days only. Leave it empty, or make them days or weeks.',
      fix: { title: 'Leave it empty', value: '' },
    });
  }
}
