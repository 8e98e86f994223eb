import { closeSync, openSync, writeSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { CommandFailure, fileFailure } from './command-failure.ts';

const bufferedCharacters = 64 * 1024;

/** A file that is being written; synchronous, since what writes it is. */
export class OutputFile {
  readonly #path: string;
  readonly #descriptor: number;
  #waiting = '';

  constructor(path: string) {
    this.#path = path;
    this.#descriptor = openSync(path, 'wx');
  }

  /** @throws CommandFailure */
  write(text: string): void {
    this.#waiting += text;
    if (this.#waiting.length >= bufferedCharacters) this.#flush();
  }

  close(): void {
    try {
      this.#flush();
    } finally {
      closeSync(this.#descriptor);
    }
  }

  #flush(): void {
    const bytes = Buffer.from(this.#waiting);
    this.#waiting = '';
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#descriptor, bytes, at);
    } catch (error) {
      throw fileFailure(this.#path, 'written', error);
    }
  }
}

/**
 * Files that appear in a directory all at the end or not at all. They are written in a directory of their own inside it and then moved,
 * so that each replaces an older one whole.
 */
export class OutputDirectory {
  readonly #directory: string;
  /** The outermost directory that had to be made; null when all were there. */
  readonly #made: string | null;
  readonly #scratch: string;
  readonly #files = new Map<string, OutputFile>();

  private constructor(directory: string, made: string | null, scratch: string) {
    this.#directory = directory;
    this.#made = made;
    this.#scratch = scratch;
  }

  /** @throws CommandFailure */
  static async open(directory: string): Promise<OutputDirectory> {
    try {
      const made = (await mkdir(directory, { recursive: true })) ?? null;
      return new OutputDirectory(directory, made, await mkdtemp(join(directory, '.millrace-run-')));
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EEXIST') {
        throw new CommandFailure([`${directory}: It is a file, and the output needs a directory.`]);
      }
      throw fileFailure(directory, 'written', error);
    }
  }

  /** Begins a file. @throws CommandFailure when two outputs would share one file */
  begin(name: string): OutputFile {
    if (this.#files.has(name)) {
      throw new CommandFailure([
        `${join(this.#directory, name)}: Two outputs of the run have this name. Rename a topic.`,
      ]);
    }
    try {
      const file = new OutputFile(join(this.#scratch, name));
      this.#files.set(name, file);
      return file;
    } catch (error) {
      throw fileFailure(join(this.#directory, name), 'written', error);
    }
  }

  /** Moves all files to their places and removes older ones that the run has no records for. @throws CommandFailure */
  async publish(absent: readonly string[]): Promise<void> {
    for (const file of this.#files.values()) file.close();
    const names = [...this.#files.keys()];
    this.#files.clear();
    for (const name of [...names, ...absent]) await this.#assertReplaceable(name);
    for (const name of names) {
      await rename(join(this.#scratch, name), join(this.#directory, name)).catch((error: unknown) => {
        throw fileFailure(join(this.#directory, name), 'written', error);
      });
    }
    for (const name of absent) await rm(join(this.#directory, name), { force: true });
    await rmdir(this.#scratch);
  }

  /** Leaves everything as it was found. */
  async discard(): Promise<void> {
    for (const file of this.#files.values()) file.close();
    this.#files.clear();
    await rm(this.#scratch, { recursive: true, force: true });
    if (this.#made === null) return;
    const outermost = resolve(this.#made);
    for (let at = resolve(this.#directory); at.startsWith(outermost); at = dirname(at)) {
      // Stops at the first that somebody else has put something into.
      if (
        !(await rmdir(at).then(
          () => true,
          () => false,
        ))
      )
        return;
    }
  }

  async #assertReplaceable(name: string): Promise<void> {
    const path = join(this.#directory, name);
    const found = await stat(path).catch(() => null);
    if (found?.isDirectory()) throw new CommandFailure([`${path}: It cannot be written: it is a directory.`]);
  }
}
