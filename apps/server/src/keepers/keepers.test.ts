import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipelineSchema, planTopology, topicCatalogue } from '@millrace/engine';
import {
  type KeeperDown,
  type KeeperUp,
  keeperDownSchema,
  keeperFrameBytesMax,
  protocolVersion,
} from '@millrace/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { defaultPatience } from '../fleet/patience.ts';
import { RemoteWorker } from '../testing/remote-worker.ts';
import { selfSigned } from '../testing/self-signed.ts';
import { realPlaces } from '../testing/server-under-test.ts';
import { Keepers } from './keepers.ts';
import type { WorkerListen } from './worker-listen.ts';

const token = 'a-token-that-nobody-guesses';
const isBuilt = existsSync(realPlaces.keeperMain);
if (!isBuilt) console.warn('SKIPPED: workers of other machines over TLS. Run npm run build to test them.');

let directory: string;
let keepers: Keepers;
let logged: unknown[];
const opened: (() => void)[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-keepers-'));
  logged = [];
});
afterEach(async () => {
  for (const close of opened.splice(0)) close();
  await keepers.close();
  rmSync(directory, { recursive: true });
});

async function listen(settings: Partial<WorkerListen> = {}): Promise<string> {
  const log = (...said: unknown[]): void => void logged.push(said);
  keepers = new Keepers({
    local: null,
    listen: { host: '127.0.0.1', port: 0, token, tls: null, ...settings },
    logger: { info: log, warn: log, error: log },
    patience: defaultPatience,
  });
  await keepers.open();
  return keepers.address ?? '';
}

interface Outcome {
  readonly status: number;
  readonly text: string;
}

/** What comes of an attempt to connect: 101, or the refusal with its words. */
function attempt(
  address: string,
  { path = '/workers', ...headers }: { readonly [name: string]: string } = {},
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(address + path, {
      headers: { authorization: `Bearer ${token}`, 'x-millrace-protocol': `${protocolVersion}`, ...headers },
    });
    socket.once('open', () => {
      socket.terminate();
      resolve({ status: 101, text: '' });
    });
    socket.once('unexpected-response', (_request, response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    socket.once('error', reject);
  });
}

/** A keeper that says what the test wants, and what it hears. */
class Speaker {
  readonly heard: KeeperDown[] = [];
  readonly closed: Promise<number>;
  readonly #socket: WebSocket;
  readonly #open: Promise<void>;

  constructor(address: string) {
    this.#socket = new WebSocket(`${address}/workers`, {
      headers: { authorization: `Bearer ${token}`, 'x-millrace-protocol': `${protocolVersion}` },
    });
    opened.push(() => this.#socket.terminate());
    this.#socket.on('message', (data) => this.heard.push(keeperDownSchema.parse(JSON.parse(String(data)))));
    this.#socket.on('error', () => undefined);
    this.#open = new Promise((resolve) => this.#socket.once('open', resolve));
    this.closed = new Promise((resolve) => this.#socket.once('close', resolve));
  }

  async say(...messages: KeeperUp[]): Promise<void> {
    for (const message of messages) await this.send(JSON.stringify(message));
  }

  async send(data: string | Buffer): Promise<void> {
    await this.#open;
    this.#socket.send(data);
  }

  async hears<Type extends KeeperDown['type']>(type: Type): Promise<Extract<KeeperDown, { type: Type }>> {
    for (;;) {
      const found = this.heard.find((message) => message.type === type);
      if (found !== undefined) return found as Extract<KeeperDown, { type: Type }>;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

const hello = { type: 'hello', keeperId: 'one', pid: 7, fingerprint: null, runs: [] } as const satisfies KeeperUp;
const topology = planTopology(
  pipelineSchema.parse({
    formatVersion: 1,
    id: 'p',
    name: 'P',
    nodes: [
      { id: 'in', kind: 'source', name: 'in', config: { topic: 'in' } },
      { id: 'out', kind: 'sink', name: 'out', config: { topic: 'out', partitions: 1 } },
    ],
    edges: [{ from: 'in.out', to: 'out.in' }],
  }),
  topicCatalogue([
    {
      name: 'in',
      partitions: 1,
      keyFormat: 'string',
      key: { kind: 'string' },
      value: { kind: 'unknown' },
      sampled: 0,
      latest: [],
    },
  ]),
);

describe('the port for workers', () => {
  it('takes who knows the token, the path and the protocol, and nobody else', async () => {
    const address = await listen();
    expect(await attempt(address)).toMatchObject({ status: 101 });
    for (const authorization of ['Bearer wrong', 'Bearer ', 'Basic YTpi', `Bearer ${token}x`]) {
      expect(await attempt(address, { authorization })).toEqual({
        status: 401,
        text: 'The worker token is wrong. It is the value of MILLRACE_WORKER_TOKEN at the server.\n',
      });
    }
    expect(await attempt(address, { path: '/api' })).toMatchObject({ status: 404 });
    expect(await attempt(address, { origin: 'http://127.0.0.1' })).toMatchObject({ status: 403 });
    const other = await attempt(address, { 'x-millrace-protocol': '1' });
    expect(other.status).toBe(426);
    expect(other.text).toContain(`version ${protocolVersion} of the protocol, and the worker version 1.`);
    expect(JSON.stringify(logged)).not.toContain(token);
  });

  it('says to a browser what it is for', async () => {
    const url = (await listen()).replace('ws:', 'http:');
    const answer = await fetch(url);
    expect([answer.status, await answer.text()]).toEqual([404, expect.stringContaining('npx millrace worker')]);
  });

  it('looks at no more tokens from an address after ten wrong ones', async () => {
    const address = await listen();
    for (let count = 0; count < 10; count++) {
      expect(await attempt(address, { authorization: `Bearer guess-${count}` })).toMatchObject({ status: 401 });
    }
    const refused = await attempt(address);
    expect(refused).toMatchObject({ status: 429, text: expect.stringContaining('in a minute') });
  });

  it('ends a connection at the first frame that is none of ours', async () => {
    const address = await listen();
    const frames = [
      'not JSON',
      '{"type":"weather"}',
      JSON.stringify({ ...hello, more: 1 }),
      JSON.stringify({ type: 'leaving' }),
      Buffer.from([1, 2, 3]),
    ];
    for (const frame of frames) {
      const speaker = new Speaker(address);
      await speaker.send(frame);
      expect(await speaker.closed).toBe(1008);
      expect(speaker.heard).toEqual([]);
    }
    const twice = new Speaker(address);
    await twice.say(hello, hello);
    expect(await twice.closed).toBe(1008);
    const long = new Speaker(address);
    await long.send(' '.repeat(keeperFrameBytesMax + 1));
    expect(await long.closed).toBe(1009);
  });

  it('does not wait for requests that never end', async () => {
    const { port } = new URL(await listen());
    const socket = request({ port, host: '127.0.0.1', method: 'POST', headers: { 'content-length': 10 } });
    socket.on('error', () => undefined);
    const status = await new Promise((resolve) => {
      socket.once('response', (response) => resolve(response.statusCode));
      socket.write('{');
    });
    expect(status).toBe(404);
    socket.destroy();
  });
});

describe('a keeper', () => {
  const listener = {
    said: () => undefined,
    ended: () => undefined,
    changed: () => undefined,
    left: () => undefined,
  };

  it('goes on with what is wanted still, ends the rest, and starts what is ready', async () => {
    const address = await listen();
    const crew = keepers.crew('p', listener);
    crew.want(topology, 'state-1');
    const speaker = new Speaker(address);
    await speaker.say({ ...hello, runs: [{ pipelineId: 'other', runId: 'r' }] });
    expect(await speaker.hears('keep')).toEqual({ type: 'keep', runs: [] });
    crew.run(topology, 'state-1');
    const run = await speaker.hears('run');
    expect(run).toMatchObject({ pipelineId: 'p', stateId: 'state-1', topology });
    // The same again, by a server that has just started: nothing is told twice.
    const again = new Speaker(address);
    await again.say({ ...hello, runs: [{ pipelineId: 'p', runId: run.runId }] });
    expect(await again.hears('keep')).toEqual({ type: 'keep', runs: [{ pipelineId: 'p', runId: run.runId }] });
    await speaker.closed;
    // After a reset the same topology is another run.
    crew.run(topology, 'state-2');
    expect((await again.hears('run')).runId).not.toBe(run.runId);
  });

  it('is refused, in words, while another with its name is connected', async () => {
    const address = await listen();
    const first = new Speaker(address);
    await first.say(hello);
    await first.hears('keep');
    const second = new Speaker(address);
    await second.say({ ...hello, pid: 8 });
    expect((await second.hears('refused')).message).toMatch(/Another worker with the name one .* MILLRACE_WORKER_NAME/);
    await second.closed;
  });

  it('is waited for until it has halted, or is named when it does not', async () => {
    const address = await listen();
    const crew = keepers.crew('p', listener);
    crew.run(topology, '');
    const started = { type: 'started', pipelineId: 'p', index: 0, pid: 70 } as const;
    const quick = new Speaker(address);
    await quick.say(hello);
    await quick.hears('run');
    await quick.say({ ...started, name: 'quick', member: 'quick-1' });
    const slow = new Speaker(address);
    await slow.say({ ...hello, keeperId: 'two' });
    await slow.hears('run');
    await slow.say({ ...started, name: 'slow', member: 'slow-1' });
    while (crew.slots.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));

    const halting = crew.halt(0);
    await quick.hears('halt');
    await quick.say({ type: 'halted', pipelineId: 'p' });
    await halting;
    expect(crew.unheard).toEqual(['slow']);
    await slow.say({ type: 'halted', pipelineId: 'p' });
    while (crew.unheard.length > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  });
});

describe.skipIf(!isBuilt)('a worker of another machine', () => {
  const environment = { MILLRACE_WORKER_TOKEN: token, KAFKA_BROKERS: 'localhost:1' };
  const worker = (server: string, args: readonly string[] = [], more: { readonly [name: string]: string } = {}) => {
    const found = new RemoteWorker(['--server', server, '--data', join(directory, 'worker'), ...args], {
      ...environment,
      ...more,
    });
    opened.push(() => found.child.kill('SIGKILL'));
    return found;
  };

  it('connects over TLS when it trusts the certificate, and says what to do when it does not', async () => {
    const { certificate, key, certificateFile } = selfSigned(directory, 'localhost');
    const address = await listen({ tls: { certificate, key } });
    const { port } = new URL(address);
    const trusting = worker(`wss://localhost:${port}`, ['--ca', certificateFile]);
    await trusting.said(/^Connected to the server at localhost:\d+ as \S+\. What is deployed runs here too\.$/m);
    expect(await trusting.stop()).toBe(0);

    const strange = worker(`wss://localhost:${port}`);
    expect(await strange.ended).toBe(1);
    expect(strange.output).toMatch(/certificate of localhost:\d+ is not trusted.* --ca FILE/);
    const named = worker(`wss://127.0.0.1:${port}`, ['--ca', certificateFile]);
    expect(await named.ended).toBe(1);
    expect(named.output).toMatch(/certificate of 127\.0\.0\.1:\d+ does not name 127\.0\.0\.1/);
    const plain = worker(`ws://127.0.0.1:${port}`);
    await plain.said(/closed the connection before it stood.* wss:\/\//);
  });

  it('says which setting is wrong, and never the token', async () => {
    const address = await listen();
    const wrong = worker(address, [], { MILLRACE_WORKER_TOKEN: 'another-token-of-some-length' });
    expect(await wrong.ended).toBe(1);
    expect(wrong.output).toMatch(/does not know this token\. Set MILLRACE_WORKER_TOKEN/);
    expect(wrong.output).not.toContain('another-token');
    const short = worker(address, [], { MILLRACE_WORKER_TOKEN: 'short' });
    expect(await short.ended).toBe(1);
    expect(short.output).toMatch(/MILLRACE_WORKER_TOKEN is too short/);
    const without = worker(address, [], { KAFKA_BROKERS: '' });
    expect(await without.ended).toBe(1);
    expect(without.output).toMatch(/Which Kafka\? Set KAFKA_BROKERS/);
    const encrypted = worker(address.replace('ws:', 'wss:'));
    await encrypted.said(/closed the connection before it stood.* --worker-tls-cert/);
    await encrypted.stop();
    const open = worker('ws://192.0.2.1:4820');
    expect(await open.ended).toBe(1);
    expect(open.output).toMatch(/would send the token unencrypted\. Use wss:/);
  });

  it('keeps trying while nobody listens, and is there when somebody does', async () => {
    const first = await listen();
    await keepers.close();
    const { port } = new URL(first);
    const early = worker(first);
    await early.said(/Nobody listens at .*--worker-listen.* Trying again/);
    await listen({ port: Number(port) });
    await early.said(/Connected to the server/);
    await keepers.close();
    await early.said(/The connection to the server is lost/);
    expect(await early.stop('SIGINT')).toBe(0);
  });

  it('does not share its directory with another', async () => {
    const address = await listen();
    const first = worker(address);
    await first.said(/Connected/);
    const second = worker(address);
    expect(await second.ended).toBe(1);
    expect(second.output).toMatch(/Workers are kept on \S+ already, by process \d+\. .*--data/);
    // Whoever started it may be killed: it leaves then.
    first.child.kill('SIGKILL');
    await new Promise((resolve) => first.child.once('exit', resolve));
    await first.ended;
    expect(first.output).toContain('Stopping: the workers commit and leave.');
  });
});
