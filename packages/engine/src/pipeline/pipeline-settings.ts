import { z } from 'zod';
import { field } from '../nodes/field.ts';

export const errorPolicies = ['dead-letter', 'skip', 'fail'] as const;
export type ErrorPolicy = (typeof errorPolicies)[number];

/** What a crash may do to results; docs/semantics.md says what each covers. */
export const guarantees = ['exactly-once', 'at-least-once'] as const;
export type Guarantee = (typeof guarantees)[number];

/** What holds for a pipeline as a whole. Each setting says how it is edited, as the fields of a node's config do. */
export const pipelineSettingsSchema = z.strictObject({
  guarantee: z
    .enum(guarantees)
    .default('exactly-once')
    .meta(
      field({
        label: 'Guarantee',
        widget: 'choice',
        help: 'Exactly once: each input record takes effect once, whatever crashes. At least once: on Kafka, commits are no transactions; after a crash records may take effect again, but none is lost. On one machine both are exactly once.',
        choices: [
          { value: 'exactly-once', label: 'Exactly once' },
          { value: 'at-least-once', label: 'At least once' },
        ],
      }),
    ),
  commitIntervalMs: z
    .number()
    .int()
    .min(10)
    .max(60_000)
    .default(100)
    .meta(
      field({
        label: 'Commit every',
        widget: 'duration',
        help: 'Results can be read once they are committed. Longer costs less; shorter shows them sooner.',
      }),
    ),
  errorPolicy: z
    .enum(errorPolicies)
    .default('dead-letter')
    .meta(
      field({
        label: 'When a record fails',
        widget: 'choice',
        help: 'A node may say otherwise for itself. A dead letter keeps the record and the reason.',
        choices: [
          { value: 'dead-letter', label: 'Send it to dead letters' },
          { value: 'skip', label: 'Skip it' },
          { value: 'fail', label: 'Stop the pipeline' },
        ],
      }),
    ),
  cacheBytes: z
    .number()
    .int()
    .min(0)
    .max(1_073_741_824)
    .default(0)
    .meta(
      field({
        label: 'Cache, bytes',
        widget: 'number',
        help: 'With a cache, tables pass on only the last change of a row at each commit, or sooner when the cache is full. 0 passes on every change.',
      }),
    ),
  maxIdleMs: z
    .number()
    .int()
    .min(-1)
    .max(86_400_000)
    .default(0)
    .meta(
      field({
        label: 'Wait for quiet partitions, ms',
        widget: 'number',
        help: 'A task takes the earliest record of its partitions. While one of them has nothing, it waits so long for more. 0 waits only while more is known to be there; -1 never waits.',
      }),
    ),
  emitIntervalMs: z
    .number()
    .int()
    .min(0)
    .max(86_400_000)
    .default(0)
    .meta(
      field({
        label: 'Send closed windows at most every',
        widget: 'duration',
        help: 'By the wall clock, for windows that are sent when they close and rows without a match. 0 sends them at once.',
      }),
    ),
});

export type PipelineSettings = z.infer<typeof pipelineSettingsSchema>;
