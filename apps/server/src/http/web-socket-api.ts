import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type ApiContext, apiRouter } from '@millrace/api';
import { applyWSSHandler, jsonEncoder } from '@trpc/server/adapters/ws';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Logger } from '../logger.ts';
import { reportApiError } from './api-errors.ts';
import { batchCallsMax } from './app.ts';
import { bodyBytesMax, type RequestGuard } from './request-guard.ts';
import { whenDrained } from './when-drained.ts';

/** Sockets that may be open at once; one browser tab takes one. */
const socketsMax = 200;

/** The API over one WebSocket a tab, at `/api`. */
export class WebSocketApi {
  readonly #guard: RequestGuard;
  readonly #logger: Logger;
  readonly #sockets: WebSocketServer;

  constructor(parts: { readonly context: ApiContext; readonly guard: RequestGuard; readonly logger: Logger }) {
    this.#guard = parts.guard;
    this.#logger = parts.logger;
    this.#sockets = new WebSocketServer({ noServer: true, maxPayload: bodyBytesMax, perMessageDeflate: false });
    applyWSSHandler({
      wss: this.#sockets,
      router: apiRouter,
      createContext: ({ res }) => pacedContext(parts.context, res),
      keepAlive: { enabled: true, pingMs: 30_000, pongWaitMs: 10_000 },
      experimental_encoder: { encode: jsonEncoder.encode, decode: (data) => withinBatch(jsonEncoder.decode(data)) },
      onError: (failure) => reportApiError(parts.logger, failure),
    });
  }

  /** Answers an upgrade request of the HTTP server. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', (error) => this.#logger.warn({ err: error }, 'a connection broke while it was opened'));
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    const refusal = this.#guard.refusal({
      method: request.method ?? 'GET',
      path,
      headers: request.headers,
      upgrade: true,
    });
    if (refusal !== null) {
      this.#logger.warn({ path: path.slice(0, 200), status: refusal.status }, `refused an upgrade: ${refusal.reason}`);
      refuse(socket, refusal.status, refusal.reason);
    } else if (path !== '/api') {
      refuse(socket, 404, 'There is nothing at this address.');
    } else if (this.#sockets.clients.size >= socketsMax) {
      refuse(socket, 503, 'Too many connections are open. Close some tabs.');
    } else {
      this.#sockets.handleUpgrade(request, socket, head, (client) => this.#sockets.emit('connection', client, request));
    }
  }

  /** Closes the sockets that are open; their clients connect again at once. */
  askToConnectAgain(): void {
    for (const client of this.#sockets.clients) client.close(1012, 'The server has changed.');
  }

  /** Closes all sockets; their clients connect again when the server is back. */
  close(): void {
    for (const client of this.#sockets.clients) client.close(1001, 'The server stops.');
    this.#sockets.close();
    // A client that does not answer the close must not hold the server up.
    setTimeout(() => {
      for (const client of this.#sockets.clients) client.terminate();
    }, 500).unref();
  }
}

/** @throws Error when a message holds more calls than a batch may. */
function withinBatch(message: unknown): unknown {
  if (Array.isArray(message) && message.length > batchCallsMax) {
    throw new Error(`A message holds at most ${batchCallsMax} calls.`);
  }
  return message;
}

/** The same context, with live frames taken only while the socket keeps up: frames are made when asked for, so each is the newest. */
function pacedContext(context: ApiContext, socket: WebSocket): ApiContext {
  return {
    ...context,
    deployments: {
      ...context.deployments,
      live: (pipelineId, signal) => whenDrained(socket, context.deployments.live(pipelineId, signal)),
    },
  };
}

function refuse(socket: Duplex, status: number, reason: string): void {
  const body = `${reason}\n`;
  socket.end(
    `HTTP/1.1 ${status} Refused\r\nconnection: close\r\ncontent-type: text/plain; charset=utf-8\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
