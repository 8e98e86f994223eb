import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const program = join(root, 'apps/server/dist/main.js');
/** Against hanging only: nothing is measured by it. */
const hangMs = 30_000;

/** A real server on a data directory of its own, which may be killed and started again where it stood. */
export class RunningServer {
  readonly dataDirectory: string;
  readonly #args: readonly string[];
  #process: ChildProcess;
  /** `http://127.0.0.1:40123`; the same after {@link startAgain}. */
  readonly address: string;

  private constructor(dataDirectory: string, args: readonly string[], process: ChildProcess, address: string) {
    this.dataDirectory = dataDirectory;
    this.#args = args;
    this.#process = process;
    this.address = address;
  }

  /** @param args of the server's program, besides directory and port */
  static async start(args: readonly string[]): Promise<RunningServer> {
    const dataDirectory = await mkdtemp(join(tmpdir(), 'millrace-e2e-'));
    try {
      const { process, address } = await launch(dataDirectory, '0', args);
      return new RunningServer(dataDirectory, args, process, address);
    } catch (error) {
      await rm(dataDirectory, { recursive: true, force: true });
      throw error;
    }
  }

  /** SIGKILL: the server has no time to put anything in order. */
  async kill(): Promise<void> {
    await end(this.#process, 'SIGKILL');
  }

  /** On the same directory and port, after {@link kill}. */
  async startAgain(): Promise<void> {
    const { process } = await launch(this.dataDirectory, new URL(this.address).port, this.#args);
    this.#process = process;
  }

  /** Stops it in order and removes its data. @throws when it does not end by itself */
  async dispose(): Promise<void> {
    try {
      await end(this.#process, 'SIGTERM');
    } finally {
      await rm(this.dataDirectory, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    }
  }
}

async function launch(
  dataDirectory: string,
  port: string,
  args: readonly string[],
): Promise<{ readonly process: ChildProcess; readonly address: string }> {
  const child = spawn(process.execPath, [program, '--data', dataDirectory, '--port', port, ...args], {
    env: { ...process.env, MILLRACE_LOG_LEVEL: 'error' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const address = await new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => fail('said nothing for too long'), hangMs);
    const fail = (what: string): void => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      reject(new Error(`The server ${what}. Is it built?\n${output}`));
    };
    const take = (chunk: Buffer): void => {
      output += chunk.toString();
      const found = /Millrace runs at (http:\S+)/.exec(output)?.[1];
      if (found === undefined) return;
      clearTimeout(timer);
      resolve(found);
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.once('exit', (code) => fail(`ended with ${code}`));
  });
  child.removeAllListeners('exit');
  child.stderr.removeAllListeners('data');
  // What it complains about belongs into the report of the test that made it complain.
  child.stderr.pipe(process.stderr);
  return { process: child, address };
}

async function end(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  let hangs = false;
  const timer = setTimeout(() => {
    hangs = true;
    child.kill('SIGKILL');
  }, hangMs);
  await exited;
  clearTimeout(timer);
  if (hangs) throw new Error('The server did not stop when it was told to.');
}
