import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { ApiContext } from '@millrace/api';
import type { Logger } from '../logger.ts';
import { createApp } from './app.ts';
import { RequestGuard } from './request-guard.ts';
import type { StaticFiles } from './static-files.ts';
import { WebSocketApi } from './web-socket-api.ts';

/** Another program listens on the port. The message says what to do. */
export class PortInUseError extends Error {
  readonly code = 'port-in-use';
}

/** One port for everything: files, calls, live data. */
export class HttpServer {
  /** As people open it: `http://127.0.0.1:4816`. */
  readonly address: string;
  readonly #server: Server;
  readonly #webSocket: WebSocketApi;

  private constructor(server: Server, webSocket: WebSocketApi, address: string) {
    this.#server = server;
    this.#webSocket = webSocket;
    this.address = address;
  }

  /** @throws PortInUseError */
  static async listen(parts: {
    readonly host: string;
    readonly port: number;
    readonly context: ApiContext;
    readonly files: StaticFiles;
    readonly logger: Logger;
  }): Promise<HttpServer> {
    const server = createServer({ requestTimeout: 30_000, headersTimeout: 10_000, maxHeaderSize: 16 * 1024 });
    server.maxConnections = 500;
    const port = await listen(server, parts.host, parts.port);
    const guard = new RequestGuard(parts.host, port);
    const app = createApp({ ...parts, guard });
    const webSocket = new WebSocketApi({ ...parts, guard });
    const answer = getRequestListener(app.fetch, { overrideGlobalObjects: false });
    server.on('request', (request, response) => void answer(request, response));
    server.on('upgrade', (request, socket, head) => webSocket.upgrade(request, socket, head));
    const name = parts.host.includes(':') ? `[${parts.host}]` : parts.host;
    return new HttpServer(server, webSocket, `http://${name}:${port}`);
  }

  /** Pages ask about the server again when their socket has opened anew: it is not what it was. */
  askToConnectAgain(): void {
    this.#webSocket.askToConnectAgain();
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#webSocket.close();
    this.#server.closeIdleConnections();
    setTimeout(() => this.#server.closeAllConnections(), 1000).unref();
    await closed;
  }
}

/** Gives the port, which is chosen here when 0 was asked for. */
async function listen(server: Server, host: string, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE') return reject(error);
      reject(
        new PortInUseError(
          `Port ${port} is taken by another program. Start on another one: npm start -- --port ${port + 1}\n` +
            `Or stop what holds it, and start again. (It may be a Millrace that runs already: http://${host}:${port})`,
        ),
      );
    });
    server.listen({ host, port, exclusive: true }, resolve);
  });
  return (server.address() as AddressInfo).port;
}
