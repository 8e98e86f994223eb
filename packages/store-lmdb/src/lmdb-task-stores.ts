import { mkdir, rm, rmdir, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { ByteString, StoreSlice, StoreTable, TaskStores } from '@millrace/engine';
import { AssertionFailure } from '@millrace/engine';
import { damageOf } from '@millrace/lmdb-file';
import { open, type RootDatabase } from 'lmdb';
import { byteStringKeys, type Row } from './entry-rows.ts';
import { LmdbTable } from './lmdb-table.ts';
import { SlicePlan } from './slice-plan.ts';
import { assertStoreName, type Rows, StoreCatalogue } from './store-catalogue.ts';
import { StoreError } from './store-error.ts';

const fileName = 'stores.mdb';
const formatVersion = 1;

/**
 * Pinned, not left to defaults, because what a resolved write means depends on them. With `overlappingSync` off a transaction is flushed
 * before it is seen and before it resolves, so a table never runs ahead of what a power cut leaves. `eventTurnBatching` off: a write is
 * one explicit batch already, and with it on a failed commit rejects a promise that nobody can handle.
 */
const pinned = {
  noSubdir: true,
  noSync: false,
  noMetaSync: false,
  useWritemap: false,
  overlappingSync: false,
  separateFlushed: false,
  eventTurnBatching: false,
  maxDbs: 512,
  permissionsMode: 0o600,
} as const;

/** A false alarm costs a rebuild; a file that lacks more than this is not worth the risk of mapping it. */
const slackBytes = 1024 * 1024;

const byteStringDatabase = { encoding: 'binary', keyEncoder: byteStringKeys } as const;

/**
 * The stores of one task in one LMDB environment: a table for each store, and a catalogue of positions and counts that moves with them in
 * one transaction. One process opens it at a time.
 *
 * After a write has failed every later one fails too, until the stores are opened again: a slice that is left out would be a hole.
 */
export class LmdbTaskStores implements TaskStores {
  readonly #directory: string;
  readonly #root: RootDatabase<Row, ByteString>;
  readonly #catalogue: StoreCatalogue;
  readonly #tables = new Map<string, Rows>();
  /** The write under way and all that wait for it. Never rejects. */
  #tail: Promise<unknown> = Promise.resolve();
  #failure: StoreError | null = null;
  #closing: Promise<void> | null = null;

  private constructor(directory: string, root: RootDatabase<Row, ByteString>) {
    this.#directory = directory;
    this.#root = root;
    const rows: Rows = root.openDB('catalogue', byteStringDatabase);
    checkFormat(root, rows);
    this.#catalogue = new StoreCatalogue(rows);
    for (const store of this.#catalogue.stores()) this.#openRows(store);
  }

  /** @throws StoreError; with code `corrupt`, {@link LmdbTaskStores.destroy} the tables and open again: they are rebuilt from their changelogs. */
  static async open({ directory }: { readonly directory: string }): Promise<LmdbTaskStores> {
    let root: RootDatabase<Row, ByteString> | null = null;
    try {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      const damage = await damageOf(join(directory, fileName), slackBytes);
      if (damage !== null) throw damaged(directory, damage);
      root = open<Row, ByteString>({ ...pinned, ...byteStringDatabase, path: join(directory, fileName) });
      return new LmdbTaskStores(directory, root);
    } catch (error) {
      await root?.close();
      throw error instanceof StoreError ? error : await explained(error, directory, 'opened');
    }
  }

  /** Removes the tables of a task that nobody has open. */
  static async destroy(directory: string): Promise<void> {
    for (const name of [fileName, `${fileName}-lock`]) await rm(join(directory, name), { force: true });
    try {
      await rmdir(directory);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT' && code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
    }
  }

  table(store: string): StoreTable {
    this.#assertOpen();
    assertStoreName(store);
    return new LmdbTable(store, this.#catalogue, () => {
      this.#assertOpen();
      return this.#tables.get(store) ?? null;
    });
  }

  position(store: string): number {
    this.#assertOpen();
    return this.#catalogue.store(store).position;
  }

  write(slices: readonly StoreSlice[]): Promise<void> {
    return this.#inTurn(async () => {
      const plans = new Map<string, SlicePlan>();
      for (const slice of slices) {
        let plan = plans.get(slice.store);
        if (plan === undefined) {
          assertStoreName(slice.store);
          plan = new SlicePlan(slice.store);
          plans.set(slice.store, plan);
        }
        plan.add(slice);
      }
      for (const plan of plans.values()) await plan.prepare(this.#openRows(plan.store), this.#catalogue);
      await this.#root.batch(() => {
        for (const plan of plans.values()) plan.carryOut(this.#openRows(plan.store), this.#catalogue);
      });
    });
  }

  clear(stores: readonly string[]): Promise<void> {
    return this.#inTurn(async () => {
      const present = [...new Set(stores)].flatMap((store) => {
        const rows = this.#tables.get(store);
        const segments = this.#catalogue.segments(store).map(({ segment }) => segment);
        return rows === undefined ? [] : [{ store, rows, segments }];
      });
      if (present.length === 0) return;
      await this.#root.batch(() => {
        for (const { store, rows, segments } of present) {
          void rows.clearAsync();
          this.#catalogue.empty(store, segments);
        }
      });
    });
  }

  /** Waits for writes under way. */
  close(): Promise<void> {
    this.#closing ??= this.#tail.then(() => this.#root.close());
    return this.#closing;
  }

  async #inTurn(action: () => Promise<void>): Promise<void> {
    this.#assertOpen();
    const turn = this.#tail.then(async () => {
      if (this.#failure !== null) throw this.#failure;
      try {
        await action();
      } catch (error) {
        if (error instanceof AssertionFailure) throw error;
        this.#failure = error instanceof StoreError ? error : await explained(error, this.#directory, 'written');
        throw this.#failure;
      }
    });
    this.#tail = turn.catch(() => undefined);
    await turn;
  }

  /** Opens a database only between writes, because that is a transaction of its own, which would cut one under way in two. */
  #openRows(store: string): Rows {
    let rows = this.#tables.get(store);
    if (rows === undefined) {
      rows = this.#root.openDB(`store:${store}`, byteStringDatabase) as Rows;
      this.#tables.set(store, rows);
    }
    return rows;
  }

  #assertOpen(): void {
    if (this.#closing !== null) throw new StoreError('closed', 'The stores of this task are closed. Open them again.');
  }
}

function checkFormat(root: RootDatabase<Row, ByteString>, rows: Rows): void {
  const found = rows.getBinary('format')?.[0];
  if (found === undefined) void root.transactionSync(() => rows.put('format', Buffer.from([formatVersion])));
  else if (found !== formatVersion) {
    throw new StoreError(
      'corrupt',
      `The stores have format ${found}; this version of Millrace reads ${formatVersion}. Destroy them; they are rebuilt from their changelogs.`,
    );
  }
}

const inputOutputError = 5;
const diskFullCodes = new Set([28 /* ENOSPC */, 122 /* EDQUOT */, 27 /* EFBIG */, -30792 /* MDB_MAP_FULL */]);
/** A write that the disk cuts short comes back as an input/output error; with less than this left, a full disk is the reason. */
const scarceBytes = 64 * 1024 * 1024;

/** Turns what the library threw into our own error. A failed batch rejects with a wrapper around a promise that rejects with the cause. */
async function explained(error: unknown, directory: string, action: 'opened' | 'written'): Promise<StoreError> {
  const { commitError } = error as { commitError?: Promise<unknown> };
  const cause =
    commitError === undefined
      ? error
      : await commitError.then(
          () => error,
          (inner: unknown) => inner,
        );
  const { code } = cause as { code?: unknown };
  const message = cause instanceof Error ? cause.message : String(cause);
  if (diskFullCodes.has(code as number) || (code === inputOutputError && (await isScarce(directory)))) {
    const text = `The stores in ${directory} cannot grow: ${message}. Free some space, then open them again.`;
    return new StoreError('disk-full', text, { retriable: true, cause });
  }
  // LMDB's own numbers, apart from those above, say that the file is not what it should be.
  if (typeof code === 'number' && code < 0) {
    return damaged(directory, message, cause);
  }
  return new StoreError(
    'io',
    `The stores in ${directory} could not be ${action}: ${message}. Check the disk and its permissions.`,
    {
      cause,
    },
  );
}

function damaged(directory: string, message: string, cause?: unknown): StoreError {
  const text = `The stores in ${directory} are damaged: ${message}. Destroy them; they are rebuilt from their changelogs.`;
  return new StoreError('corrupt', text, { cause });
}

async function isScarce(directory: string): Promise<boolean> {
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize < scarceBytes;
}
