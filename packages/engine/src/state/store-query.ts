import { z } from 'zod';

/** Where a page ended: the next one goes on after this address. `key` is the byte string of the key. */
export const storeCursorSchema = z.strictObject({ segment: z.number().int().min(0), key: z.string().max(65_536) });
export type StoreCursor = z.infer<typeof storeCursorSchema>;

/**
 * A question to one store. Key-value stores answer in key order; window stores newest window first, keys in order inside a window; stores
 * of sliding windows and sessions newest span of time first, inside it by key, then by start. `fromMs`, `toMs` bound window starts, both
 * inclusive; they are ignored where entries belong to no windows.
 */
export const storeQuerySchema = z.strictObject({
  store: z.string().min(1).max(300),
  select: z.discriminatedUnion('by', [
    z.strictObject({ by: z.literal('all') }),
    /** `key` is the decoded key, as shown. */
    z.strictObject({ by: z.literal('key'), key: z.json() }),
    /** Keys of the format `string` that begin with the text. */
    z.strictObject({ by: z.literal('prefix'), prefix: z.string().max(1000) }),
  ]),
  fromMs: z.number().int().nullable().default(null),
  toMs: z.number().int().nullable().default(null),
  after: storeCursorSchema.nullable().default(null),
  limit: z.number().int().min(1).max(500).default(100),
});
export type StoreQuery = z.infer<typeof storeQuerySchema>;

export const storeRowSchema = z.strictObject({
  key: z.json(),
  /**
   * The window the entry belongs to; null where entries belong to none. Start and end in epoch milliseconds; the end is exclusive, of sliding
   * windows and sessions inclusive.
   */
  window: z.strictObject({ start: z.number(), end: z.number() }).nullable(),
  /** As shown: accumulators have become the results they stand for. */
  value: z.json(),
  timestamp: z.number(),
  taskId: z.string(),
  cursor: storeCursorSchema,
});
export type StoreRow = z.infer<typeof storeRowSchema>;

/** What one task answered. Reads the last commit, on one short snapshot. */
export const storeAnswerSchema = z.strictObject({
  taskId: z.string(),
  rows: z.array(storeRowSchema),
  /** Whether the task has more rows after the last one given. */
  more: z.boolean(),
  /** All entries of the store in this task. */
  entries: z.number(),
  /** The windows that have entries, newest first, at most 200; none where windows begin with records, as sliding windows and sessions do. */
  windows: z.array(z.strictObject({ start: z.number(), end: z.number(), entries: z.number() })),
  /** The store's stream time: a window is closed when its end plus grace is not after it. Null before the first record. */
  streamTime: z.number().nullable(),
  graceMs: z.number().nullable(),
  /** Counts commits; a later page with another position saw other data. */
  position: z.number(),
});
export type StoreAnswer = z.infer<typeof storeAnswerSchema>;

/** Why a task could not answer; each tells the caller what to do. */
export const storeRefusals = ['not-running', 'restoring', 'unknown-store', 'no-answer'] as const;
export type StoreRefusal = (typeof storeRefusals)[number];
