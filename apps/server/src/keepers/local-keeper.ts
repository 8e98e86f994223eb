import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { WebSocket } from 'ws';
import { identityOf, isAlive, type ProcessIdentity, processIdentitySchema } from '../data/process-identity.ts';
import { BackOff } from '../fleet/back-off.ts';
import type { Patience } from '../fleet/patience.ts';
import type { Logger } from '../logger.ts';
import { KeeperListener } from './keeper-listener.ts';
import type { KeeperSession } from './keeper-session.ts';

const lookMs = 100;
/** Beyond what its workers have: for the keeper itself to end. */
const endWithinMs = 3_000;

export interface LocalKeeperParts {
  /** The keeper's program. */
  readonly main: string;
  readonly dataDirectory: string;
  /** Workers of each deployment. */
  readonly workers: number;
  /** What it says to its workers: settings of Kafka, with secrets. */
  readonly environment: { readonly [name: string]: string };
  /** Of this Millrace: workers of another are replaced. */
  readonly version: string;
  readonly logger: Logger;
  readonly patience: Patience;
}

/**
 * The keeper of this machine: a process that has the workers of this server on Kafka. It is found again by the next server on the data
 * directory when this one is killed, and is started again when it is killed itself. An orderly end of the server ends it.
 */
export class LocalKeeper {
  readonly #parts: LocalKeeperParts;
  readonly #directory: string;
  readonly #fingerprint: string;
  readonly #backOff = new BackOff();
  #listener: KeeperListener | null = null;
  #session: KeeperSession | null = null;
  #identity: ProcessIdentity | null = null;
  #watch: NodeJS.Timeout | null = null;
  #startedAtMs = 0;
  #startAtMs = 0;
  /** Since when it should be connected and is not. */
  #awayAtMs = performance.now();
  #trouble: string | null = null;

  constructor(parts: LocalKeeperParts) {
    this.#parts = parts;
    this.#directory = join(parts.dataDirectory, 'keeper');
    const { main, workers, environment, version } = parts;
    const settings = Object.entries(environment).sort(([left], [right]) => (left < right ? -1 : 1));
    this.#fingerprint = createHash('sha256')
      .update(JSON.stringify([version, main, workers, settings]))
      .digest('base64url');
  }

  get listener(): KeeperListener | null {
    return this.#listener;
  }

  /** Why it is not there, as a sentence; null when it is, or will be in a moment. */
  get trouble(): string | null {
    return this.#session === null ? this.#trouble : null;
  }

  /** Whether a keeper was started with the settings of this server. */
  isOurs(fingerprint: string | null): boolean {
    return fingerprint === this.#fingerprint;
  }

  /** Finds the keeper that an earlier server left, or starts one. */
  async open(joined: (socket: WebSocket) => void): Promise<KeeperListener> {
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    const token = randomBytes(32).toString('base64url');
    const { logger } = this.#parts;
    this.#listener = await KeeperListener.listen({
      host: '127.0.0.1',
      port: 0,
      token,
      // Others on this machine cannot keep ours away with wrong ones.
      isGuessable: false,
      tls: null,
      logger,
      joined,
    });
    this.#writeLink({ url: this.#listener.address, token });
    this.#identity = noted(this.#directory);
    this.#awayAtMs = performance.now();
    this.#look();
    this.#watch = setInterval(() => this.#look(), lookMs);
    this.#watch.unref();
    return this.#listener;
  }

  joined(session: KeeperSession): void {
    this.#session = session;
    this.#trouble = null;
    if (session.pid !== null) this.#identity = identityOf(session.pid);
  }

  left(): void {
    this.#session = null;
    this.#awayAtMs = performance.now();
  }

  /** Ends it with its workers, which commit before. Settles when it is gone. */
  async end(): Promise<void> {
    if (this.#watch !== null) clearInterval(this.#watch);
    this.#watch = null;
    const { stopWithinMs } = this.#parts.patience;
    if (this.#identity === null) return;
    if (this.#session === null) signal(this.#identity, 'SIGTERM');
    else this.#session.send({ type: 'end', withinMs: stopWithinMs });
    await gone(this.#identity, stopWithinMs);
  }

  /** Ends the keeper that an earlier server left on the directory, where this one has none: nobody would tell it what is stopped. */
  static async endLeft(dataDirectory: string, { stopWithinMs }: Patience): Promise<void> {
    const left = noted(join(dataDirectory, 'keeper'));
    if (left === null || !isAlive(left)) return;
    signal(left, 'SIGTERM');
    await gone(left, stopWithinMs);
  }

  abandon(): void {
    if (this.#identity !== null) signal(this.#identity, 'SIGTERM');
  }

  /** It must be alive and connected; if it is not, it is waited for, ended and started, in this order. */
  #look(): void {
    if (this.#session !== null) return;
    if (this.#identity === null || !isAlive(this.#identity)) {
      if (performance.now() >= this.#startAtMs) this.#start();
      return;
    }
    const { helloWithinMs } = this.#parts.patience;
    if (performance.now() - this.#awayAtMs < helloWithinMs) return;
    this.#parts.logger.warn({ pid: this.#identity.pid }, 'the keeper of the workers does not connect and is ended');
    signal(this.#identity, 'SIGKILL');
    this.#awayAtMs = performance.now();
  }

  #start(): void {
    const { main, dataDirectory, workers, environment, logger } = this.#parts;
    const waitMs = this.#backOff.next(performance.now() - this.#startedAtMs);
    this.#startedAtMs = performance.now();
    this.#startAtMs = performance.now() + waitMs;
    this.#awayAtMs = performance.now();
    // What the keeper says must have somewhere to go when this process is gone: a file, and not our stderr.
    const log = openSync(this.#logFile, 'a', 0o600);
    try {
      const child = spawn(process.execPath, [main, '--of-server', dataDirectory, '--workers', String(workers)], {
        detached: true,
        stdio: ['ignore', log, log],
        env: { ...environment, MILLRACE_KEEPER_FINGERPRINT: this.#fingerprint },
      });
      child.once('error', (error) => this.#failed(error.message));
      child.once('exit', (code, by) => {
        if (this.#watch !== null && code !== 0)
          this.#failed(by === null ? `it ended with code ${code}` : `it was ended by ${by}`);
      });
      child.unref();
      if (child.pid === undefined) return;
      this.#identity = identityOf(child.pid);
      logger.info({ pid: child.pid, log: this.#logFile }, 'the keeper of the workers starts');
    } finally {
      closeSync(log);
    }
  }

  #failed(words: string): void {
    this.#trouble = `The process that keeps the workers of this machine does not run: ${words}. It is started again. What it said is in ${this.#logFile}.`;
    this.#parts.logger.warn({ reason: words, log: this.#logFile }, 'the keeper of the workers has ended');
  }

  get #logFile(): string {
    return join(this.#directory, 'workers.log');
  }

  /** Appears with its whole content or not at all: the keeper may look at any time. */
  #writeLink(link: { readonly url: string; readonly token: string }): void {
    const path = join(this.#directory, 'link.json');
    const draft = `${path}.new`;
    writeFileSync(draft, JSON.stringify(link), { mode: 0o600 });
    renameSync(draft, path);
  }
}

/** The process that an earlier server left. */
function noted(directory: string): ProcessIdentity | null {
  try {
    return processIdentitySchema.parse(JSON.parse(readFileSync(join(directory, 'process.json'), 'utf8')));
  } catch {
    return null; // There is none.
  }
}

/** Settles when the process has ended, by force if it takes too long: its workers notice, commit and end. */
async function gone(identity: ProcessIdentity, stopWithinMs: number): Promise<void> {
  const deadline = performance.now() + stopWithinMs + endWithinMs;
  while (isAlive(identity)) {
    if (performance.now() > deadline) signal(identity, 'SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function signal({ pid }: ProcessIdentity, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    // It may have ended by itself just now.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
