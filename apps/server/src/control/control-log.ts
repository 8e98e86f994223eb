import { createHash } from 'node:crypto';
import { type Append, encodeBatch, type Log, type ProducedRecord } from '@millrace/engine';
import { ChunkAssembly, chunkRecords } from './chunks.ts';
import { readToEnd } from './topic-reader.ts';

export const controlTopic = 'millrace-control';
export const auditTopic = 'millrace-audit';

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

/**
 * What the server itself must remember, as JSON documents by key, in a compacted topic; replayed into memory at the start. Every change
 * is written together with a line of the audit: both are there or neither is.
 */
export class ControlLog {
  readonly #log: Log;
  readonly #nowMs: () => number;
  readonly #kept: Map<string, Kept>;

  private constructor(log: Log, nowMs: () => number, kept: Map<string, Kept>) {
    this.#log = log;
    this.#nowMs = nowMs;
    this.#kept = kept;
  }

  static async open(log: Log, nowMs: () => number): Promise<ControlLog> {
    await log.ensureTopics([
      {
        name: controlTopic,
        partitions: 1,
        role: 'control',
        owner: null,
        cleanup: { policy: 'compact', historyMs: 0, historyBytes: null },
      },
      {
        name: auditTopic,
        partitions: 1,
        role: 'audit',
        owner: null,
        cleanup: { policy: 'delete', retentionMs: null, retentionBytes: null },
      },
    ]);
    const assembly = new ChunkAssembly();
    const description = (await log.topics()).find((topic) => topic.name === controlTopic);
    for await (const batch of readToEnd(log, controlTopic, 0, description?.startOffsets[0] ?? 0)) {
      for (let index = 0; index < batch.count; index++) {
        const key = batch.keyByteString(index);
        if (key !== null) assembly.add(key, batch.value(index));
      }
    }
    const kept = new Map<string, Kept>();
    for (const { key, document, chunks } of assembly.documents())
      kept.set(key, { document, chunks, hash: hashOf(document) });
    return new ControlLog(log, nowMs, kept);
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
   */
  async change(action: string, changes: readonly Change[]): Promise<void> {
    const atMs = this.#nowMs();
    const records: ProducedRecord[] = [];
    const lines: ProducedRecord[] = [];
    const next = new Map<string, Kept | null>();
    for (const { key, document } of changes) {
      const before = this.#kept.get(key);
      const chunks = chunkRecords(key, document, before?.chunks ?? 0, atMs);
      records.push(...chunks);
      const kept =
        document === null
          ? null
          : { document, chunks: chunks.filter((chunk) => chunk.value !== null).length, hash: hashOf(document) };
      next.set(key, kept);
      const line = { action, subject: key, by: 'local', before: before?.hash ?? null, after: kept?.hash ?? null };
      lines.push({ key, value: JSON.stringify(line), timestamp: atMs });
    }
    const appends: Append[] = [
      { topic: controlTopic, partition: 0, batch: encodeBatch(records) },
      { topic: auditTopic, partition: 0, batch: encodeBatch(lines) },
    ];
    await this.#log.append(appends);
    for (const [key, kept] of next) {
      if (kept === null) this.#kept.delete(key);
      else this.#kept.set(key, kept);
    }
  }
}

function hashOf(document: unknown): string {
  return createHash('sha256').update(JSON.stringify(document)).digest('hex');
}
