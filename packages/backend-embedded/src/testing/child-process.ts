import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A running log-child.ts, with the lines that it has said. */
export class LogChild {
  readonly lines: string[] = [];
  readonly #process: ChildProcess;
  #waiting: (() => void)[] = [];
  #ended = false;

  /** `diskBytes`: the child sees an empty disk of that size in place of the directory. See {@link canMount}. */
  constructor(mode: string, directory: string, diskBytes?: number) {
    const script = fileURLToPath(new URL('./log-child.ts', import.meta.url));
    const node = [process.execPath, '--import', 'tsx', script, mode, directory];
    const mount = `mount -t tmpfs -o size=${diskBytes} tmpfs "$0" && exec "$@"`;
    const command = diskBytes === undefined ? node : ['unshare', '-rm', 'sh', '-c', mount, directory, ...node];
    this.#process = spawn(command[0] as string, command.slice(1), { stdio: ['ignore', 'pipe', 'ignore'] });
    const lines = createInterface({ input: this.#process.stdout as NonNullable<ChildProcess['stdout']> });
    lines.on('line', (line) => {
      this.lines.push(line);
      this.#tell();
    });
    lines.on('close', () => {
      this.#ended = true;
      this.#tell();
    });
  }

  /** The first line that begins so. @throws Error when the process ends without one. */
  async line(beginning: string): Promise<string> {
    for (;;) {
      const found = this.lines.find((line) => line.startsWith(beginning));
      if (found !== undefined) return found;
      if (this.#ended)
        throw new Error(`The child ended without "${beginning}"; it said ${JSON.stringify(this.lines)}.`);
      await this.#heard();
    }
  }

  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.ended();
  }

  async ended(): Promise<void> {
    while (!this.#ended) await this.#heard();
    if (this.#process.exitCode === null && this.#process.signalCode === null) await once(this.#process, 'exit');
  }

  #heard(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  #tell(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/** Whether this machine lets a user mount a small disk of their own; Linux with user namespaces does. */
export function canMount(): boolean {
  return spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'tmpfs', '/tmp']).status === 0;
}
