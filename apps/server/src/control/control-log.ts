import { createHash } from 'node:crypto';
import { ApiError } from '@millrace/api';
import { type Append, encodeBatch, type Log, LogError, type ProducedRecord, type RecordBatch } from '@millrace/engine';
import { ChunkAssembly, chunkRecords } from './chunks.ts';
import type { ControlWriter } from './control-writer.ts';
import { overtakenBy, type ServerMark, serverMarkSchema } from './server-mark.ts';
import { readToEnd } from './topic-reader.ts';

export const controlTopic = 'millrace-control';
export const auditTopic = 'millrace-audit';

/** The topics of one of several that share a cluster. @param name null for the one that has none */
export function controlTopicsOf(name: string | null): ControlTopics {
  const ending = name === null ? '' : `-${name}`;
  return { control: controlTopic + ending, audit: auditTopic + ending };
}

export interface ControlTopics {
  readonly control: string;
  readonly audit: string;
}

/** A document to be kept under a key; null removes it. */
export interface Change {
  readonly key: string;
  readonly document: unknown;
}

interface Kept {
  readonly document: unknown;
  readonly chunks: number;
  readonly hash: string;
}

/** Of the server that has the cluster, see {@link ServerMark}. */
const markKey = 'server';

/** How long a server that took over has to say so, before the brokers are taken to have forgotten who has the log. */
const markWithinMs = 5_000;
const followWaitMs = 5_000;
const troublePauseMs = 1_000;
const bytesPerRead = 1024 * 1024;

/** For a log that other servers may write too. */
export interface SharedControlLog {
  readonly topics: ControlTopics;
  readonly writer: ControlWriter;
  /** Of this server. */
  readonly mark: ServerMark;
}

/**
 * What the server itself must remember, as JSON documents by key, in a compacted topic; replayed into memory at the start. Every change
 * is written together with a line of the audit: both are there or neither is.
 *
 * Where several servers may write it, the one that was started last has it: the brokers refuse the others, which see its mark in the log,
 * turn read-only for good, and say why.
 */
export class ControlLog {
  readonly #log: Log;
  readonly #nowMs: () => number;
  readonly #topics: ControlTopics;
  readonly #kept = new Map<string, Kept>();
  /** Chunks that a change may have left whose outcome is not known. */
  readonly #doubtful = new Map<string, number>();
  readonly #shared: SharedControlLog | null;
  readonly #end = new AbortController();
  readonly #overtaken: ((reason: string) => void)[] = [];
  #following: Promise<void> = Promise.resolve();
  #readOnly: string | null = null;

  private constructor(log: Log, nowMs: () => number, topics: ControlTopics, shared: SharedControlLog | null) {
    this.#log = log;
    this.#topics = topics;
    this.#nowMs = nowMs;
    this.#shared = shared;
  }

  /** @param shared where other servers may have the same log: it is taken over from them */
  static async open(log: Log, nowMs: () => number, shared: SharedControlLog | null = null): Promise<ControlLog> {
    const topics = shared?.topics ?? controlTopicsOf(null);
    await log.ensureTopics([
      {
        name: topics.control,
        partitions: 1,
        role: 'control',
        owner: null,
        cleanup: { policy: 'compact', historyMs: 0, historyBytes: null },
      },
      {
        name: topics.audit,
        partitions: 1,
        role: 'audit',
        owner: null,
        cleanup: { policy: 'delete', retentionMs: null, retentionBytes: null },
      },
    ]);
    const control = new ControlLog(log, nowMs, topics, shared);
    if (shared !== null) await control.#takeOver(shared);
    const end = await control.#replay();
    if (shared !== null && control.#readOnly === null) control.#following = control.#follow(shared.mark, end);
    return control;
  }

  /** Why nothing can be changed any more: another server has the log. Null while this one has it. */
  get readOnly(): string | null {
    return this.#readOnly;
  }

  /** Calls once, when another server takes over; at once when it has. */
  onOvertaken(listener: (reason: string) => void): void {
    if (this.#readOnly !== null) listener(this.#readOnly);
    else this.#overtaken.push(listener);
  }

  /** Ends the watch for other servers. */
  async close(): Promise<void> {
    this.#end.abort();
    await this.#following;
  }

  document(key: string): unknown {
    return this.#kept.get(key)?.document;
  }

  /** The documents whose keys begin with the prefix, by the rest of the key. */
  documents(prefix: string): readonly (readonly [string, unknown])[] {
    return [...this.#kept]
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, { document }]) => [key.slice(prefix.length), document] as const);
  }

  /**
   * Makes the changes durable, all or none, before memory shows them. Callers see to it that changes of one key do not cross.
   * @param action what was done, for the audit: `pipeline.save`
   * @throws ApiError `read-only` when another server has taken over
   */
  async change(action: string, changes: readonly Change[]): Promise<void> {
    this.#assertWritable();
    const atMs = this.#nowMs();
    const records: ProducedRecord[] = [];
    const lines: ProducedRecord[] = [];
    const next = new Map<string, Kept | null>();
    for (const { key, document } of changes) {
      const before = this.#kept.get(key);
      const chunksBefore = Math.max(before?.chunks ?? 0, this.#doubtful.get(key) ?? 0);
      const chunks = chunkRecords(key, document, chunksBefore, atMs);
      records.push(...chunks);
      const kept =
        document === null
          ? null
          : { document, chunks: chunks.filter((chunk) => chunk.value !== null).length, hash: hashOf(document) };
      next.set(key, kept);
      this.#doubtful.set(key, chunks.length);
      const line = { action, subject: key, by: 'local', before: before?.hash ?? null, after: kept?.hash ?? null };
      lines.push({ key, value: JSON.stringify(line), timestamp: atMs });
    }
    await this.#append([
      { topic: this.#topics.control, partition: 0, batch: encodeBatch(records) },
      { topic: this.#topics.audit, partition: 0, batch: encodeBatch(lines) },
    ]);
    for (const [key, kept] of next) {
      this.#doubtful.delete(key);
      if (kept === null) this.#kept.delete(key);
      else this.#kept.set(key, kept);
    }
  }

  async #append(appends: readonly Append[]): Promise<void> {
    if (this.#shared === null) {
      await this.#log.append(appends);
      return;
    }
    const { writer } = this.#shared;
    try {
      await writer.append(appends);
    } catch (error) {
      if (!(error instanceof LogError) || error.code !== 'fenced') throw error;
      await this.#overtakenWithin(markWithinMs);
      this.#assertWritable();
      // Nobody has taken over: brokers that have not heard of a server for long, or not in time, forget that it has the log.
      await writer.takeOver();
      await writer.append(appends);
    }
  }

  #assertWritable(): void {
    if (this.#readOnly !== null) throw new ApiError('read-only', this.#readOnly);
  }

  /** A server that is overtaken by another while it starts is read-only from the beginning. */
  async #takeOver({ writer, mark }: SharedControlLog): Promise<void> {
    const atMs = this.#nowMs();
    const records = chunkRecords(markKey, mark, 0, atMs);
    const line = { action: 'server.start', subject: mark.host, by: mark.id, before: null, after: null };
    await writer.takeOver();
    try {
      await writer.append([
        { topic: this.#topics.control, partition: 0, batch: encodeBatch(records) },
        {
          topic: this.#topics.audit,
          partition: 0,
          batch: encodeBatch([{ key: markKey, value: JSON.stringify(line), timestamp: atMs }]),
        },
      ]);
    } catch (error) {
      if (!(error instanceof LogError) || error.code !== 'fenced') throw error;
      this.#overtake(null);
    }
  }

  /** Reads all that is kept; gives the offset behind it. */
  async #replay(): Promise<number> {
    const assembly = new ChunkAssembly();
    const description = (await this.#log.topics()).find((topic) => topic.name === this.#topics.control);
    let end = description?.startOffsets[0] ?? 0;
    for await (const batch of readToEnd(this.#log, this.#topics.control, 0, end)) {
      for (let index = 0; index < batch.count; index++) {
        const key = batch.keyByteString(index);
        if (key !== null) assembly.add(key, batch.value(index));
        end = batch.offset(index) + 1;
      }
    }
    for (const { key, document, chunks } of assembly.documents())
      if (key !== markKey) this.#kept.set(key, { document, chunks, hash: hashOf(document) });
    return end;
  }

  /** Looks for the mark of another server, until there is one or this server ends. */
  async #follow(own: ServerMark, from: number): Promise<void> {
    const { signal } = this.#end;
    for (let offset = from; !signal.aborted && this.#readOnly === null; ) {
      try {
        const [result] = await this.#log.read([{ topic: this.#topics.control, partition: 0, offset }], {
          maxBytesPerPartition: bytesPerRead,
          maxWaitMs: followWaitMs,
          signal,
        });
        if (result === undefined) return;
        for (const batch of result.batches) {
          const mark = newestMark(batch);
          if (mark !== null && mark.id !== own.id) this.#overtake(mark);
        }
        offset = Math.max(offset, result.nextOffset);
      } catch {
        // While no broker answers, nobody can take over either.
        await pause(troublePauseMs, signal);
      }
    }
  }

  #overtake(mark: ServerMark | null): void {
    if (this.#readOnly !== null) return;
    this.#readOnly = overtakenBy(mark);
    for (const listener of this.#overtaken.splice(0)) listener(this.#readOnly);
  }

  async #overtakenWithin(ms: number): Promise<void> {
    const wait = new AbortController();
    this.onOvertaken(() => wait.abort());
    await pause(ms, wait.signal);
  }
}

function newestMark(batch: RecordBatch): ServerMark | null {
  let newest: ServerMark | null = null;
  for (let index = 0; index < batch.count; index++) {
    const value = batch.keyByteString(index) === `${markKey}#0` ? batch.value(index) : null;
    const mark = value === null ? null : serverMarkSchema.safeParse(JSON.parse(new TextDecoder().decode(value)));
    if (mark?.success) newest = mark.data;
  }
  return newest;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
}

function hashOf(document: unknown): string {
  return createHash('sha256').update(JSON.stringify(document)).digest('hex');
}
