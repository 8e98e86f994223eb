import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ApiRouter, DeploymentView } from '@millrace/api';
import { pipelineSchema, type StoreRow } from '@millrace/engine';
import { createTRPCClient, createWSClient, httpBatchLink, type TRPCClient, wsLink } from '@trpc/client';
import WebSocket from 'ws';
import type { Fleet } from './fleet.ts';
import { hold, isAlive, killIfThere, letGo, parentOf } from './processes.ts';

const program = fileURLToPath(new URL('../../apps/server/dist/main.js', import.meta.url));
const startLimitMs = 30_000;
const stopLimitMs = 20_000;
const leaveLimitMs = 5_000;

export interface CampaignServerOptions {
  readonly directory: string;
  readonly brokers: string;
  readonly workers: number;
  readonly sessionTimeoutMs: number;
}

/** A server as it is built, in a process of its own, with the workers that it starts, its own data directory and a port that it keeps. */
export class CampaignServer implements Fleet {
  readonly #options: CampaignServerOptions;
  readonly #port: number;
  readonly #pipelineId: string;
  #child: ChildProcess | null = null;
  #deployment: DeploymentView | null = null;
  #isDeployed = false;
  /** All that were ever seen. */
  readonly #pids = new Set<number>();
  #unsubscribe: () => void = () => undefined;

  private constructor(options: CampaignServerOptions, port: number, pipelineId: string) {
    this.#options = options;
    this.#port = port;
    this.#pipelineId = pipelineId;
  }

  static async start(options: CampaignServerOptions, pipelineId: string): Promise<CampaignServer> {
    const server = new CampaignServer(options, await freePort(), pipelineId);
    await server.startAgain();
    return server;
  }

  /** Resolves when the API answers. */
  async startAgain(): Promise<void> {
    const { directory, brokers, workers, sessionTimeoutMs } = this.#options;
    const log = openSync(join(directory, 'server.log'), 'a');
    const args = ['--no-examples', '--data', join(directory, 'server'), '--port', `${this.#port}`];
    const child = spawn(process.execPath, [program, ...args, '--kafka', brokers, '--workers', `${workers}`], {
      // The channel tells it when the campaign is gone, whatever ended that.
      stdio: ['ignore', 'pipe', log, 'ipc'],
      env: { ...process.env, MILLRACE_SESSION_TIMEOUT_MS: `${sessionTimeoutMs}` },
    });
    closeSync(log);
    this.#child = child;
    const { pid } = child;
    if (pid !== undefined) hold(pid);
    child.once('exit', () => {
      if (pid !== undefined) letGo(pid);
    });
    await new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error('The server did not start in time.')), startLimitMs);
      let said = '';
      child.stdout?.on('data', (bytes) => {
        said += bytes;
        if (!said.includes('Millrace runs at')) return;
        clearTimeout(late);
        resolve();
      });
      child.once('exit', (code) => {
        clearTimeout(late);
        reject(new Error(`The server ended with code ${code} while it started: ${join(directory, 'server.log')}`));
      });
    });
    if (this.#isDeployed) this.#watch();
  }

  /** Makes the pipeline and deploys it, as a person does. */
  async deploy(document: unknown): Promise<void> {
    const pipeline = pipelineSchema.parse(document);
    await this.#api.pipelines.import.mutate({ pipeline });
    await this.#api.deployments.deploy.mutate({ pipelineId: this.#pipelineId });
    this.#isDeployed = true;
    this.#watch();
  }

  /** Whether every worker has tasks and every task runs. */
  get isRunning(): boolean {
    const deployment = this.#deployment;
    return (
      deployment?.state === 'running' &&
      deployment.workers.length === this.#options.workers &&
      deployment.workers.every(({ pid, tasks }) => pid !== null && tasks.length > 0)
    );
  }

  /** The processes of its workers, and of who keeps them running when it is gone, as far as it has told. */
  get helperPids(): readonly number[] {
    const workers = (this.#deployment?.workers ?? []).flatMap(({ pid }) => (pid === null ? [] : [pid]));
    const keepers = workers.map(parentOf).filter((pid) => pid > 1 && pid !== this.#child?.pid && pid !== process.pid);
    return [...new Set([...keepers, ...workers])];
  }

  async kill(): Promise<void> {
    this.#forget();
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  /** The rows of a store when every partition of it answers; null until then. */
  async rowsOf(store: string): Promise<StoreRow[] | null> {
    const query = { store, select: { by: 'all' as const }, limit: 500 };
    const page = await this.#api.stores.query.query({ pipelineId: this.#pipelineId, query });
    if (page.coverage.answered < page.coverage.partitions) return null;
    if (page.next !== null) throw new Error(`${store} has more rows than one page.`);
    return [...page.rows];
  }

  /** Stops the deployment with all its workers, then the server. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    const late = setTimeout(() => child.kill('SIGKILL'), stopLimitMs);
    await this.#api.deployments.stop.mutate({ pipelineId: this.#pipelineId }).catch(() => undefined);
    this.#forget();
    child.kill('SIGTERM');
    await ended;
    clearTimeout(late);
    await this.#endLeftHelpers();
  }

  /** What outlives its server must not outlive the round. */
  async #endLeftHelpers(): Promise<void> {
    const untilMs = performance.now() + leaveLimitMs;
    while ([...this.#pids].some(isAlive) && performance.now() < untilMs)
      await new Promise((resolve) => setTimeout(resolve, 50));
    for (const pid of this.#pids) {
      if (isAlive(pid)) killIfThere(pid);
      letGo(pid);
    }
    this.#pids.clear();
  }

  #see(pid: number): void {
    this.#pids.add(pid);
    hold(pid);
  }

  get #api(): TRPCClient<ApiRouter> {
    const url = `http://127.0.0.1:${this.#port}/api`;
    return createTRPCClient<ApiRouter>({ links: [httpBatchLink({ url, headers: { 'x-millrace': '1' } })] });
  }

  #watch(): void {
    this.#forget();
    const origin = `http://127.0.0.1:${this.#port}`;
    class PageWebSocket extends WebSocket {
      constructor(url: string) {
        super(url, { origin });
      }
    }
    const client = createWSClient({
      url: `ws://127.0.0.1:${this.#port}/api`,
      // The browser's type and ours differ in what neither side uses.
      WebSocket: PageWebSocket as unknown as typeof globalThis.WebSocket,
      retryDelayMs: () => 200,
    });
    const watching = createTRPCClient<ApiRouter>({ links: [wsLink({ client })] }).deployments.live.subscribe(
      { pipelineId: this.#pipelineId },
      {
        onData: ({ deployment }) => {
          this.#deployment = deployment;
          for (const pid of this.helperPids) this.#see(pid);
        },
        onError: () => undefined,
      },
    );
    this.#unsubscribe = () => {
      watching.unsubscribe();
      void client.close();
    };
  }

  #forget(): void {
    this.#unsubscribe();
    this.#unsubscribe = () => undefined;
    this.#deployment = null;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = address === null || typeof address === 'string' ? 0 : address.port;
      server.close(() => resolve(port));
    });
  });
}
