import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ApiRouter, LiveFrame } from '@millrace/api';
import { createTRPCClient, httpBatchLink, type TRPCClient } from '@trpc/client';
import { firstFrame, pageClient } from './page-client.ts';
import { eventually } from './server-under-test.ts';

const main = fileURLToPath(new URL('../main.ts', import.meta.url));

/** A server in a process of its own, so that it can be killed, on a directory that outlives it. */
export class ServerProcess {
  readonly directory = mkdtempSync(join(tmpdir(), 'millrace-process-'));
  readonly #args: readonly string[];
  readonly #environment: { readonly [name: string]: string };
  readonly #clients: (() => void)[] = [];
  #child: ChildProcess | null = null;
  #address = '';
  /** What it says to its terminal. */
  output = '';
  errors = '';

  constructor(args: readonly string[], environment: { readonly [name: string]: string }) {
    this.#args = args;
    this.#environment = environment;
  }

  /** @param more arguments that go before those of the last start. @throws Error when it ends before it has an address */
  async start(...more: readonly string[]): Promise<this> {
    const args = ['--data', this.data, '--port', '0', '--no-examples', ...this.#args, ...more];
    const child = spawn(process.execPath, ['--import', 'tsx', main, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...this.#environment },
    });
    this.#child = child;
    this.output = '';
    child.stdout.on('data', (text) => {
      this.output += text;
    });
    child.stderr.on('data', (text) => {
      this.errors += text;
    });
    this.#address = await eventually(() => {
      if (child.exitCode !== null) throw new Error(`the server ended: ${this.errors}`);
      return /http:\/\/\S+/.exec(this.output)?.[0];
    });
    return this;
  }

  /** @returns its exit code */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    for (const close of this.#clients.splice(0)) close();
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return null;
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    child.kill(signal);
    return ended;
  }

  async remove(): Promise<void> {
    await this.end('SIGTERM');
    rmSync(this.directory, { recursive: true, force: true });
  }

  get data(): string {
    return join(this.directory, 'data');
  }

  /** The process that keeps the workers of this machine. */
  get keeperPid(): number {
    return JSON.parse(readFileSync(join(this.data, 'keeper', 'process.json'), 'utf8')).pid;
  }

  get api(): TRPCClient<ApiRouter> {
    const link = httpBatchLink({ url: `${this.#address}/api`, headers: { 'x-millrace': '1' } });
    return createTRPCClient<ApiRouter>({ links: [link] });
  }

  /** The first live frame of which this holds. */
  frame(pipelineId: string, holds: (frame: LiveFrame) => boolean): Promise<LiveFrame> {
    const { api, close } = pageClient(this.#address);
    this.#clients.push(close);
    return firstFrame(api, pipelineId, holds).finally(close);
  }
}

/** A port that is free now, for a server that must have the same one again. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
