import { mkdir, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { AssertionFailure, closedLog, LogError } from '@millrace/engine';
import { damageOf } from '@millrace/lmdb-file';
import { type Database, open, type RootDatabase } from 'lmdb';
import type { Row } from './rows.ts';
import { openJson, sealJson } from './rows.ts';

export type Rows = Database<Row, Uint8Array>;

const format = { format: 'millrace-log', version: 1 };
const formatKey = Buffer.from('format');

/**
 * Pinned, not left to defaults, because what a resolved write means depends on them. With `overlappingSync` off a transaction flushes its
 * pages (fdatasync), then writes its root (O_DSYNC), and only then shows itself to readers and resolves: resolved is durable, and nobody
 * in any process ever acts on records that a power cut takes back. (With it on, readers see a transaction before it is flushed.)
 * `eventTurnBatching` off: each call is one transaction callback, which the library groups by itself while another is under way; on, it
 * adds an internal promise that nobody can handle when a commit fails.
 */
const pinned = {
  noSubdir: true,
  noSync: false,
  noMetaSync: false,
  useWritemap: false,
  overlappingSync: false,
  separateFlushed: false,
  eventTurnBatching: false,
  maxDbs: 8,
  maxReaders: 1024,
  permissionsMode: 0o600,
  encoding: 'binary',
  keyEncoding: 'binary',
} as const;

const named = { encoding: 'binary', keyEncoding: 'binary' } as const;

/** Error numbers of the operating system and of LMDB. */
const inputOutputError = 5;
const diskFullCodes = new Set([28 /* ENOSPC */, 122 /* EDQUOT */, 27 /* EFBIG */, -30792 /* MDB_MAP_FULL */]);
const damageCodes = new Set([
  -30797 /* MDB_PAGE_NOTFOUND */, -30796 /* MDB_CORRUPTED */, -30794 /* MDB_VERSION_MISMATCH */,
  -30793 /* MDB_INVALID */, -30784 /* MDB_INCOMPATIBLE */,
]);
/** A write that the disk cuts short comes back as an input/output error; with less than this left, a full disk is the reason. */
const scarceBytes = 64 * 1024 * 1024;

/** The one LMDB environment that holds the log, open in this process; other processes may have it open too. */
export class LogEnvironment {
  readonly directory: string;
  readonly meta: Rows;
  readonly topics: Rows;
  readonly partitions: Rows;
  readonly batches: Rows;
  readonly tasks: Rows;
  readonly #root: RootDatabase<Row, Uint8Array>;
  #closing: Promise<void> | null = null;
  /** Set by a write error other than a full disk: what the disk then holds is unknown, and trying again would hide that. */
  #broken: LogError | null = null;

  private constructor(directory: string, root: RootDatabase<Row, Uint8Array>) {
    this.directory = directory;
    this.#root = root;
    this.meta = root.openDB('meta', named);
    this.topics = root.openDB('topics', named);
    this.partitions = root.openDB('partitions', named);
    this.batches = root.openDB('batches', named);
    this.tasks = root.openDB('tasks', named);
  }

  static async open(directory: string): Promise<LogEnvironment> {
    let root: RootDatabase<Row, Uint8Array> | null = null;
    try {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      const path = join(directory, 'log.mdb');
      // Only what is certain: a sound file may lack any number of unused pages at its end.
      const damage = await damageOf(path, Number.POSITIVE_INFINITY);
      if (damage !== null) throw damaged(directory, damage);
      root = open<Row, Uint8Array>({ ...pinned, path });
      const environment = new LogEnvironment(directory, root);
      await environment.#checkFormat();
      return environment;
    } catch (error) {
      await root?.close();
      throw error instanceof LogError ? error : await explained(error, directory, 'open');
    }
  }

  assertOpen(): void {
    if (this.#closing !== null) throw closedLog();
  }

  /** All reads of `action` see one moment of the log, the present one. Nothing is held when it returns. */
  read<T>(action: () => T): T {
    this.assertOpen();
    this.#root.resetReadTxn();
    try {
      return action();
    } catch (error) {
      if (error instanceof LogError || error instanceof AssertionFailure) throw error;
      const message = messageOf(error);
      if (damageCodes.has((error as { code?: unknown }).code as number)) throw damaged(this.directory, message, error);
      throw new LogError('io', `The log in ${this.directory} could not be read: ${message}.`, { cause: error });
    } finally {
      this.#root.resetReadTxn();
    }
  }

  /**
   * Runs `action` alone among all processes and makes what it put durable. Several actions may share one transaction, so an action that
   * refuses must throw before its first put; after that it may fail only by LMDB's own error, which fails the transaction whole.
   */
  async write<T>(action: () => T): Promise<T> {
    this.assertOpen();
    if (this.#broken !== null) throw this.#broken;
    try {
      return await this.#root.transaction(action);
    } catch (error) {
      if (error instanceof LogError || error instanceof AssertionFailure) throw error;
      const reason = await explained(error, this.directory, 'write');
      if (reason.code === 'io') this.#broken = reason;
      throw reason;
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#root.close();
    return this.#closing;
  }

  async #checkFormat(): Promise<void> {
    const read = (): unknown => {
      const row = this.meta.getBinary(formatKey) as Row | undefined;
      return row === undefined ? undefined : openJson(formatKey, row, 'the format record');
    };
    let found = this.read(read);
    if (found === undefined) {
      const row = sealJson(formatKey, format);
      found = await this.write(() => {
        const present = read();
        if (present === undefined) void this.meta.put(formatKey, row);
        return present ?? format;
      });
    }
    const { format: name, version } = found as Partial<typeof format>;
    if (name !== format.format || version !== format.version) {
      throw new LogError(
        'io',
        `The log in ${this.directory} has format ${name} ${version}; this version of Millrace reads ${format.format} ${format.version}. Use the version that wrote it, or another data directory.`,
      );
    }
  }
}

/** Turns what the library threw into the log's own error. Takes the library's second promise for the same failure with it. */
async function explained(error: unknown, directory: string, action: 'open' | 'write'): Promise<LogError> {
  const cause = await rootCause(error);
  const number = (cause as { code?: unknown }).code;
  const full = diskFullCodes.has(number as number) || (number === inputOutputError && (await isScarce(directory)));
  const message = messageOf(cause);
  if (full) {
    return new LogError(
      'disk-full',
      `The log in ${directory} cannot grow: ${message}. Free some space; nothing was written.`,
      {
        retriable: true,
        cause,
      },
    );
  }
  if (damageCodes.has(number as number)) {
    return damaged(directory, message, cause);
  }
  const advice = action === 'open' ? 'Check the directory and its permissions' : 'Check the disk, then restart';
  return new LogError('io', `The log in ${directory} could not ${action}: ${message}. ${advice}.`, { cause });
}

function damaged(directory: string, message: string, cause?: unknown): LogError {
  return new LogError('corrupt', `The log in ${directory} is damaged: ${message}. Restore it from a backup.`, {
    cause,
  });
}

/** A failed commit rejects with a wrapper whose `commitError` is a promise that rejects with the cause. */
async function rootCause(error: unknown): Promise<unknown> {
  const { commitError } = error as { commitError?: Promise<unknown> };
  if (commitError === undefined) return error;
  return commitError.then(
    () => error,
    (cause: unknown) => cause,
  );
}

async function isScarce(directory: string): Promise<boolean> {
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize < scarceBytes;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
