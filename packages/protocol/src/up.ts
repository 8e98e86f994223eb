import { recordFailureSchema, storeAnswerSchema, storeRefusals } from '@millrace/engine';
import { z } from 'zod';

/** `restoring` carries how many changelog records were replayed of how many. */
export const taskStateSchema = z.strictObject({
  taskId: z.string(),
  state: z.enum(['starting', 'restoring', 'running']),
  restoredRecords: z.number(),
  restoreTotal: z.number(),
});
export type TaskState = z.infer<typeof taskStateSchema>;

/** The task id under which a worker tells of its global tables, which belong to no task. */
export const globalTablesTaskId = 'global-tables';

/** One periodic snapshot of a task. Counters are totals since the pipeline's first start (they are part of each commit). */
export const taskTickSchema = z.strictObject({
  taskId: z.string(),
  /** By processor id (sources and sinks included): counters in the order of `counterNames`. */
  counters: z.array(z.tuple([z.string(), z.array(z.number())])),
  /** Greatest event time taken, epoch milliseconds; null before the first record. */
  streamTime: z.number().nullable(),
  /** Of each partition read: the next offset, and the end as last seen. */
  partitions: z.array(
    z.strictObject({ topic: z.string(), partition: z.number(), position: z.number(), endOffset: z.number() }),
  ),
  stores: z.array(z.strictObject({ name: z.string(), entries: z.number() })),
});
export type TaskTick = z.infer<typeof taskTickSchema>;

/** Offsets, the last one exclusive, whose records had been removed by retention before the task read them: it goes on behind them. */
export const gapSchema = z.strictObject({
  taskId: z.string(),
  topic: z.string(),
  partition: z.number().int(),
  fromOffset: z.number().int(),
  toOffset: z.number().int(),
});
export type RetentionGap = z.infer<typeof gapSchema>;

/** What a worker says to the server. */
export const upSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('hello'), protocolVersion: z.number().int(), pid: z.number().int() }),
  z.strictObject({ type: z.literal('taskStates'), tasks: z.array(taskStateSchema) }),
  z.strictObject({
    type: z.literal('tick'),
    tasks: z.array(taskTickSchema),
    /** Share of the last interval that the event loop was busy with records, 0 to 1. */
    busy: z.number(),
    memoryBytes: z.number(),
    /** Since the last tick: the newest failures, at most 20. */
    failures: z.array(recordFailureSchema),
  }),
  /** Said as soon as it is found. A worker that starts from the last commit may find the same gap again. */
  z.strictObject({ type: z.literal('gaps'), gaps: z.array(gapSchema) }),
  z.strictObject({ type: z.literal('revoked'), requestId: z.number().int() }),
  z.strictObject({ type: z.literal('appended'), topics: z.array(z.string()) }),
  z.strictObject({
    type: z.literal('storeAnswers'),
    requestId: z.number().int(),
    answers: z.array(storeAnswerSchema),
    refusals: z.array(z.strictObject({ taskId: z.string(), reason: z.enum(storeRefusals) })),
  }),
  /** Something outside keeps the worker from going on for now, as sentences; it tries again by itself. Null when that is over. */
  z.strictObject({ type: z.literal('trouble'), message: z.string().nullable() }),
  /** The worker cannot go on; it exits after this. `node` and the record's place are known when a record caused it. */
  z.strictObject({
    type: z.literal('failed'),
    code: z.string(),
    message: z.string(),
    node: z.string().nullable(),
    /** Whether starting again may help (a passing fault), or the user must act first (error policy `fail`). */
    retriable: z.boolean(),
  }),
  z.strictObject({ type: z.literal('stopped') }),
]);
export type Up = z.infer<typeof upSchema>;
