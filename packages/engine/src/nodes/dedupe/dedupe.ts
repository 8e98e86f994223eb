import { z } from 'zod';
import { field } from '../field.ts';
import { checkExpression, recordRoots } from '../node-expression.ts';
import type { NodeKind } from '../node-kind.ts';
import { gatheredBy, newKeyOf } from '../partitioning.ts';
import { type PlannedDedupe, rememberedWindows } from './dedupe-processor.ts';

const maxWindowMs = 366 * 24 * 60 * 60 * 1000;

const config = z.strictObject({
  by: z
    .string()
    .max(4096)
    .default('')
    .meta(
      field({
        label: 'Same record by',
        widget: 'expression',
        help: 'Two records are the same if this is. Empty compares their keys. Anything else moves records between partitions, through an internal topic, so that the same ones meet.',
        placeholder: 'value.orderId',
      }),
    ),
  windowMs: z
    .number()
    .int()
    .default(3_600_000)
    .meta(
      field({
        label: 'Within',
        widget: 'duration',
        help: 'How far apart, in event time, two records may be and still be the same. What was seen is remembered for twice as long.',
      }),
    ),
});

export type DedupeConfig = z.infer<typeof config>;

export const dedupe: NodeKind<DedupeConfig> = {
  name: 'dedupe',
  title: 'Dedupe',
  summary: 'Passes on only the first of records that are the same.',
  prose: `A record goes on unchanged unless one that is the same went on before it, with an event time less than the window away. Then it ends here and is counted as filtered. The first to arrive goes on, even if another one is older. What was dropped drops nothing itself: a record that is repeated without end goes on once in each window.

Records that are out of order are compared in the same way, backwards and forwards. What went on is remembered until event time has gone two windows beyond it, so a record is sure to be recognised as long as it is late by no more than one window; a later one may go on a second time.

A record that has no identity (its key, or what it is compared by, is null) repeats nothing and goes on.

Compared by anything but its key, a record is moved by that and has its own key back afterwards. A join or an aggregate further down then moves records by their keys again.`,
  example: {
    config: { by: 'value.orderId', windowMs: 86_400_000 },
    says: 'Lets each order through once a day, however often it is sent.',
  },
  category: 'records',
  config,
  initialConfig: () => ({ by: '', windowMs: 3_600_000 }),
  inputs: () => [{ name: 'in', title: 'Stream', shape: 'stream' }],
  outputs: () => [{ name: 'out', title: 'First ones' }],
  check: (settings, context) => {
    const input = context.inputs.get('in');
    if (newKeyOf(settings.by) !== null) {
      checkExpression(settings.by, ['by'], recordRoots(input), context, {
        missing: '',
        inputName: context.inputName('in'),
      });
    }
    if (settings.windowMs < 1) {
      context.report({ code: 'window-length', path: ['windowMs'], message: 'A window has a length of at least 1 ms.' });
    } else if (settings.windowMs > maxWindowMs) {
      context.report({ code: 'window-length', path: ['windowMs'], message: 'A window spans at most 366 days.' });
    }
    if (input?.windowed) {
      context.report({
        code: 'windowed-stream',
        path: [],
        message: `The records of ${context.inputName('in')} belong to windows, and one key is the same in all of them. Give them a key that names the window first, in a map in front of this node.`,
      });
    }
    return input === undefined ? new Map() : new Map([['out', input]]);
  },
  expressions: (_settings, inputs) => [{ path: ['by'], roots: recordRoots(inputs.get('in')) }],
  partitioning: (settings) => ({ inputs: { in: gatheredBy(settings.by) }, newKey: newKeyOf(settings.by) }),
  plan: (settings, planner) => {
    const input = planner.input('in');
    const by = newKeyOf(settings.by);
    const identityFormat = by === null ? input.keyFormat : 'json';
    const store = planner.store({
      role: 'store',
      kind: 'window',
      keyFormat: identityFormat,
      windowSizeMs: settings.windowMs,
      // What counts lies in buckets that begin up to one window earlier.
      retentionMs: (rememberedWindows + 1) * settings.windowMs,
      view: { as: 'value' },
      signature: ['dedupe', settings.by.trim()],
    });
    const config: PlannedDedupe = { windowMs: settings.windowMs, store, isMoved: by !== null, identityFormat };
    const request = { processor: 'dedupe', config, stores: [store] };
    if (by === null) {
      // Records without a key go on, whatever partition they are put in.
      const keyed = input.mustRepartition
        ? planner.repartition('in', input, null, input.keyFormat, { keepNullKeys: true })
        : input;
      planner.output('out', { ...planner.processor({ ...request, inputs: { in: keyed } }), mustRepartition: false });
      return;
    }
    const identified = planner.processor({
      part: 'identity',
      prepares: 'in',
      processor: 'dedupe-identity',
      config: { by },
      inputs: { in: input },
    });
    const moved = planner.throughTopic('repartition', { ...identified, keyFormat: identityFormat });
    const first = planner.processor({ ...request, inputs: { in: moved } });
    planner.output('out', { ...first, keyFormat: input.keyFormat, mustRepartition: true });
  },
};
