import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { type IncomingHttpHeaders, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ApiRouter, LiveFrame } from '@millrace/api';
import { createTRPCClient, httpBatchLink, type TRPCClient } from '@trpc/client';
import WebSocket from 'ws';
import { defaultPatience, type Patience } from '../fleet/patience.ts';
import type { Logger } from '../logger.ts';
import { type Places, type RunningServer, startServer } from '../server.ts';
import type { Settings } from '../settings.ts';
import { firstFrame, pageClient } from './page-client.ts';

const place = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The real places of the repository; tests put their own worker in. */
export const realPlaces: Places = {
  version: '0.0.0-test',
  workerMain: place('../../../worker/dist/main.js'),
  keeperMain: place('../../../worker/dist/keeper.js'),
  designerDirectory: place('../../../designer/dist'),
  examplesDirectory: place('../../../../examples'),
};

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A started server on a free port and a directory of its own, with ways to talk to it as browsers and others would. */
export class ServerUnderTest {
  readonly directory: string;
  readonly logged: { readonly level: string; readonly data: object; readonly message: string }[] = [];
  readonly #settings: Partial<Settings>;
  readonly #places: Partial<Places>;
  readonly #patience: Partial<Patience>;
  readonly #clients: (() => void)[] = [];
  #server: RunningServer | null = null;

  constructor(settings: Partial<Settings> = {}, places: Partial<Places> = {}, patience: Partial<Patience> = {}) {
    this.directory = settings.dataDirectory ?? mkdtempSync(join(tmpdir(), 'millrace-server-'));
    this.#settings = apartFromOthers(settings);
    this.#places = places;
    this.#patience = patience;
  }

  async start(): Promise<this> {
    const settings: Settings = {
      dataDirectory: this.directory,
      port: 0,
      host: '127.0.0.1',
      examples: false,
      examplesSpeed: 0,
      kafka: null,
      workers: 1,
      workerListen: null,
      ...this.#settings,
    };
    const places = { ...realPlaces, ...this.#places };
    this.#server = await startServer(settings, places, this.#logger(), { ...defaultPatience, ...this.#patience });
    return this;
  }

  async stop(): Promise<void> {
    for (const close of this.#clients.splice(0)) close();
    await this.#server?.close();
    this.#server = null;
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }

  get address(): string {
    if (this.#server === null) throw new Error('the server is not started');
    return this.#server.address;
  }

  /** `127.0.0.1:12345` */
  get host(): string {
    return new URL(this.address).host;
  }

  /** One request with exactly these headers; `host` is ours unless given. */
  send(
    method: string,
    path: string,
    headers: { readonly [name: string]: string } = {},
    body: string | Uint8Array = '',
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const { hostname, port } = new URL(this.address);
      const hasLength = 'content-length' in headers || 'transfer-encoding' in headers;
      const length = hasLength ? {} : { 'content-length': `${Buffer.byteLength(body)}` };
      const sent = request(
        { hostname, port, method, path, headers: { host: this.host, ...length, ...headers }, agent: false },
        (response) => {
          let text = '';
          response.setEncoding('utf8');
          response.on('data', (chunk: string) => {
            text += chunk;
          });
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
          );
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });
  }

  /** Gives 101 when the socket opens, else the status of the refusal. */
  upgrade(headers: { readonly [name: string]: string }, path = '/api'): Promise<number> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(`ws://${this.host}${path}`, { headers });
      socket.once('open', () => {
        socket.terminate();
        resolve(101);
      });
      socket.once('unexpected-response', (_request, response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      socket.once('error', reject);
    });
  }

  /** An open socket as our own page has one. */
  socket(): Promise<WebSocket> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(`ws://${this.host}/api`, { origin: this.address });
      this.#clients.push(() => socket.terminate());
      socket.once('open', () => resolve(socket));
      socket.once('error', reject);
    });
  }

  /** Calls over HTTP, as the command line makes them. */
  overHttp(): TRPCClient<ApiRouter> {
    return createTRPCClient<ApiRouter>({
      links: [httpBatchLink({ url: `${this.address}/api`, headers: { 'x-millrace': '1' }, maxItems: 20 })],
    });
  }

  /** Calls over one WebSocket, as the designer makes them. */
  overWebSocket(): TRPCClient<ApiRouter> {
    const { api, close } = pageClient(this.address);
    this.#clients.push(close);
    return api;
  }

  /** The first live frame of a pipeline for which the condition holds. */
  frame(pipelineId: string, holds: (frame: LiveFrame) => boolean): Promise<LiveFrame> {
    return firstFrame(this.overWebSocket(), pipelineId, holds);
  }

  #logger(): Logger {
    const log =
      (level: string) =>
      (data: object, message: string): void => {
        this.logged.push({ level, data, message });
      };
    return { info: log('info'), warn: log('warn'), error: log('error') };
  }
}

/** On a Kafka cluster that others use too, a server must not take over from theirs. */
function apartFromOthers(settings: Partial<Settings>): Partial<Settings> {
  const { kafka } = settings;
  if (kafka === null || kafka === undefined) return settings;
  const name = `test-${process.pid}-${randomBytes(6).toString('hex')}`;
  return { ...settings, kafka: { ...kafka, environment: { MILLRACE_NAME: name, ...kafka.environment } } };
}

/** Waits for something that will come; the test's own time limit ends a wait in vain. */
export async function eventually<Result>(
  look: () => Promise<Result | undefined> | Result | undefined,
): Promise<Result> {
  for (;;) {
    const result = await look();
    if (result !== undefined && result !== false) return result;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
