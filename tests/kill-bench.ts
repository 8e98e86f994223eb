import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ApiRouter, LiveFrame } from '@millrace/api';
import { EmbeddedLog } from '@millrace/backend-embedded';
import {
  type Append,
  decodeSegment,
  encodeBatch,
  missingFates,
  type ProducedRecord,
  partitionFor,
  type RecordBatch,
  type StoreRow,
} from '@millrace/engine';
import { createTRPCClient, httpLink, type TRPCClient } from '@trpc/client';
import { pageClient } from '../apps/server/src/testing/page-client.ts';
import { customers, type Order, regionOf, windowMs } from './kill-orders.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const partitions = 4;
const feedEveryMs = 20;
const ordersPerFeed = 25;
const topicSettings = {
  partitions,
  role: 'external',
  cleanup: { policy: 'delete', retentionMs: null, retentionBytes: null },
  owner: null,
} as const;

export type Victim = 'worker' | 'server' | 'both';

/** A real server with a real worker over a real log, a producer that never stops, and the means to kill and to look. */
export class KillBench {
  readonly #directory = mkdtempSync(join(tmpdir(), 'millrace-kill-'));
  readonly #random: () => number;
  #log: EmbeddedLog | null = null;
  #server: ChildProcess | null = null;
  #address = '';
  #frame: LiveFrame | null = null;
  #closeSocket: () => void = () => undefined;
  #feeding: Promise<void> | null = null;
  #isFeeding = false;
  readonly #orders: Order[] = [];
  /** Records committed at the last kill; the next kill waits for more. */
  #committedBefore = 0;

  constructor(seed: number) {
    let state = seed >>> 0;
    this.#random = () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 32;
    };
  }

  async start(): Promise<void> {
    await this.#startServer();
    const log = await EmbeddedLog.open({ directory: join(this.#directory, 'log') });
    this.#log = log;
    await log.ensureTopics(['orders', 'customers'].map((name) => ({ name, ...topicSettings })));
    await log.append(
      appends(
        'customers',
        customers.map((customer) => ({
          key: customer,
          value: JSON.stringify({ region: regionOf(customer) }),
          timestamp: 0,
        })),
      ),
    );
    const api = this.#overHttp();
    await api.pipelines.import.mutate({ pipeline });
    await api.deployments.deploy.mutate({ pipelineId: 'kill' });
    this.#follow();
  }

  async remove(): Promise<void> {
    this.#isFeeding = false;
    await this.#feeding;
    this.#closeSocket();
    this.#server?.kill('SIGTERM');
    if (this.#server !== null) await gone(this.#server);
    await this.#log?.close();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  /** Appends orders without end, a few every 20 ms. */
  feed(make: (sequence: number) => Order): void {
    this.#isFeeding = true;
    this.#feeding = (async () => {
      while (this.#isFeeding) {
        const orders = Array.from({ length: ordersPerFeed }, (_, index) => make(this.#orders.length + index));
        await this.#openLog.append(
          appends(
            'orders',
            orders.map((order) => ({ key: order.customer, value: order.text, timestamp: order.atMs })),
          ),
        );
        this.#orders.push(...orders);
        await pause(feedEveryMs);
      }
    })();
  }

  async stopFeeding(): Promise<readonly Order[]> {
    this.#isFeeding = false;
    await this.#feeding;
    return this.#orders;
  }

  /**
   * Waits until this incarnation has committed something, then a random while, then kills. Checks that records which were there at the
   * kill had not been committed: work was in flight. A kill that hit nothing is repeated.
   */
  async killDuringWork(victim: Victim): Promise<void> {
    for (;;) {
      await until(async () => (await this.#committedOrders()) > this.#committedBefore);
      await until(() => this.#frame?.worker !== null && this.#frame !== null);
      await pause(20 + this.#random() * 400);
      const worker = this.#frame?.worker?.pid;
      const server = this.#server;
      if (worker === undefined || server === null) continue;
      const there = await this.#endOfOrders();
      if (victim !== 'worker') server.kill('SIGKILL');
      if (victim !== 'server') killProcess(worker);
      await until(() => !isAlive(worker));
      const committed = await this.#committedOrders();
      this.#committedBefore = committed;
      if (victim !== 'worker') {
        await gone(server);
        await this.#startServer();
        this.#follow();
      } else {
        await until(() => this.#frame?.worker?.pid !== worker);
      }
      if (committed < there) return;
    }
  }

  /** Waits until everything has been read, and what it caused in the repartition topic too. */
  async untilCaughtUp(): Promise<void> {
    await until(async () => {
      const topics = await this.#openLog.topics();
      const ends = new Map(topics.map((topic) => [topic.name, topic.endOffsets]));
      for (const [task, topic] of [
        ['0', 'orders'],
        ['1', 'kill-by-region-repartition'],
      ] as const) {
        for (let partition = 0; partition < partitions; partition++) {
          const committed = await this.#openLog.committed('kill', `${task}_${partition}`);
          const position = committed?.positions.find((candidate) => candidate.topic === topic)?.offset ?? 0;
          if (position < (ends.get(topic)?.[partition] ?? 0)) return false;
        }
      }
      return true;
    });
  }

  /** What was written to a topic, by key, in order; windowed keys as `key@start`. */
  async outputsByKey(topic: string): Promise<{ readonly [key: string]: readonly unknown[] }> {
    const outputs: { [key: string]: unknown[] } = {};
    for (const { batch, index } of await this.#records(topic)) {
      const raw = batch.keyByteString(index) ?? '';
      const windowed = raw.startsWith('{') ? (JSON.parse(raw) as { key: string; start: number }) : null;
      const key = windowed === null ? raw : `${windowed.key}@${windowed.start}`;
      outputs[key] ??= [];
      outputs[key].push(JSON.parse(textOf(batch, index)));
    }
    return outputs;
  }

  /** A store's rows, read page by page through the server. */
  async storeRows(store: string): Promise<{ readonly [key: string]: unknown }> {
    const rows: { [key: string]: unknown } = {};
    let after: StoreRow['cursor'] | null = null;
    for (;;) {
      const page: Awaited<ReturnType<TRPCClient<ApiRouter>['stores']['query']['query']>> =
        await this.#overHttp().stores.query.query({
          pipelineId: 'kill',
          query: { store, select: { by: 'all' }, after, limit: 37 },
        });
      if (page.coverage.answered !== page.coverage.partitions) {
        await pause(100);
        continue;
      }
      for (const row of page.rows)
        rows[row.window === null ? `${row.key}` : `${row.key}@${row.window.start}`] = row.value;
      after = page.next;
      if (after === null) return rows;
    }
  }

  /** The last value of each key of a window store's changelog. */
  async foldedChangelog(topic: string): Promise<{ readonly [key: string]: unknown }> {
    const folded: { [key: string]: unknown } = {};
    for (const { batch, index } of await this.#records(topic)) {
      const raw = batch.keyByteString(index) ?? '';
      const key = `${raw.slice(8)}@${decodeSegment(raw)}`;
      if (batch.value(index) === null) delete folded[key];
      else folded[key] = JSON.parse(textOf(batch, index));
    }
    return folded;
  }

  /** The bytes of the records that came to the dead letters, as text. */
  async deadLetters(): Promise<readonly string[]> {
    return (await this.#records('kill-dead-letters')).map(({ batch, index }) => {
      const source = batch.headers(index).find((header) => header.name === 'millrace.source-value')?.value;
      return Buffer.from(source ?? batch.value(index) ?? []).toString();
    });
  }

  /** Nodes whose inputs are not the sum of their fates. */
  async unbalancedNodes(): Promise<readonly string[]> {
    await until(() => this.#frame?.worker !== null && (this.#frame?.nodes.length ?? 0) > 0);
    return (this.#frame?.nodes ?? []).filter((node) => missingFates(node.counters) !== 0).map((node) => node.node);
  }

  get #openLog(): EmbeddedLog {
    if (this.#log === null) throw new Error('the log is not open');
    return this.#log;
  }

  async #records(topic: string): Promise<readonly { readonly batch: RecordBatch; readonly index: number }[]> {
    const description = (await this.#openLog.topics()).find((candidate) => candidate.name === topic);
    const records: { batch: RecordBatch; index: number }[] = [];
    for (let partition = 0; partition < (description?.partitions ?? 0); partition++) {
      let offset = description?.startOffsets[partition] ?? 0;
      while (offset < (description?.endOffsets[partition] ?? 0)) {
        const [result] = await this.#openLog.read([{ topic, partition, offset }], {
          maxBytesPerPartition: 1024 * 1024,
          maxWaitMs: 0,
        });
        for (const batch of result?.batches ?? []) {
          for (let index = 0; index < batch.count; index++) {
            if (batch.offset(index) >= offset) records.push({ batch, index });
          }
          offset = Math.max(offset, batch.nextOffset);
        }
      }
    }
    return records;
  }

  async #committedOrders(): Promise<number> {
    let committed = 0;
    for (let partition = 0; partition < partitions; partition++) {
      const task = await this.#openLog.committed('kill', `0_${partition}`);
      committed += task?.positions.find((position) => position.topic === 'orders')?.offset ?? 0;
    }
    return committed;
  }

  async #endOfOrders(): Promise<number> {
    const topics = await this.#openLog.topics();
    return topics.find((topic) => topic.name === 'orders')?.endOffsets.reduce((sum, end) => sum + end, 0) ?? 0;
  }

  async #startServer(): Promise<void> {
    this.#closeSocket();
    this.#frame = null;
    const server = spawn(
      process.execPath,
      [join(root, 'apps/server/dist/main.js'), '--data', this.#directory, '--port', '0', '--no-examples'],
      { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, MILLRACE_LOG_LEVEL: 'error' } },
    );
    this.#server = server;
    this.#address = await new Promise<string>((resolve, reject) => {
      let said = '';
      server.stdout.on('data', (chunk: Buffer) => {
        said += chunk.toString();
        const address = /http:\/\/\S+/.exec(said)?.[0];
        if (address !== undefined) resolve(address);
      });
      server.once('exit', (code) => reject(new Error(`the server ended with code ${code} before it said its address`)));
    });
  }

  /** Keeps the newest live frame, as a tab would. */
  #follow(): void {
    const origin = this.#address;
    const { api, close } = pageClient(origin);
    const subscription = api.deployments.live.subscribe(
      { pipelineId: 'kill' },
      {
        onData: (frame) => {
          if (this.#address === origin) this.#frame = frame;
        },
        onError: (error) => console.error('live:', error.message),
      },
    );
    this.#closeSocket = () => {
      subscription.unsubscribe();
      close();
    };
  }

  #overHttp(): TRPCClient<ApiRouter> {
    return createTRPCClient<ApiRouter>({
      links: [httpLink({ url: `${this.#address}/api`, headers: { 'x-millrace': '1' } })],
    });
  }
}

const pipeline = {
  formatVersion: 1 as const,
  id: 'kill',
  name: 'Kill',
  nodes: [
    node('orders', 'source', { topic: 'orders', timestampFrom: 'field', timestampField: 'at' }),
    node('customers', 'source', { topic: 'customers', readAs: 'table' }),
    node('large', 'filter', { condition: 'value.amount > 10' }),
    node('priced', 'map', { value: '{ amount: value.amount }' }),
    node('with-customer', 'join', { type: 'inner', value: '{ ...left, region: right.region }' }),
    node('by-region', 'aggregate', {
      by: 'value.region',
      window: 'tumbling',
      windowMs,
      graceMs: 600_000,
      retentionMs: 366 * 24 * 3_600_000,
      aggregations: [
        { name: 'orders', function: 'count' },
        { name: 'total', function: 'sum', value: 'value.amount' },
        { name: 'greatest', function: 'max', value: 'value.amount' },
      ],
    }),
    node('per-customer', 'aggregate', {
      aggregations: [
        { name: 'orders', function: 'count' },
        { name: 'total', function: 'sum', value: 'value.amount' },
      ],
    }),
    node('to-by-region', 'sink', { topic: 'by-region', partitions }),
    node('to-per-customer', 'sink', { topic: 'per-customer', partitions }),
  ],
  edges: [
    { from: 'orders.out', to: 'large.in' },
    { from: 'large.out', to: 'priced.in' },
    { from: 'priced.out', to: 'with-customer.left' },
    { from: 'customers.out', to: 'with-customer.right' },
    { from: 'with-customer.out', to: 'by-region.in' },
    { from: 'by-region.out', to: 'to-by-region.in' },
    { from: 'priced.out', to: 'per-customer.in' },
    { from: 'per-customer.out', to: 'to-per-customer.in' },
  ],
};

type Config = Record<string, string | number | { name: string; function: string; value?: string }[]>;

function node(id: string, kind: string, config: Config) {
  return { id, kind, name: id, config };
}

function appends(topic: string, records: readonly (ProducedRecord & { readonly key: string })[]): readonly Append[] {
  const byPartition = new Map<number, ProducedRecord[]>();
  for (const record of records) {
    const partition = partitionFor(record.key, partitions);
    byPartition.set(partition, [...(byPartition.get(partition) ?? []), record]);
  }
  return [...byPartition].map(([partition, all]) => ({ topic, partition, batch: encodeBatch(all) }));
}

function textOf(batch: RecordBatch, index: number): string {
  return Buffer.from(batch.value(index) ?? []).toString();
}

function killProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

function gone(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once('exit', () => resolve()));
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Waits for something that will come; the test's own time limit ends a wait in vain. */
async function until(look: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await look())) await pause(10);
}
