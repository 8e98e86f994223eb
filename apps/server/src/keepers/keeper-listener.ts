import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { keeperFrameBytesMax, keeperPath, protocolVersion, protocolVersionHeader } from '@millrace/protocol';
import { type WebSocket, WebSocketServer } from 'ws';
import { PortInUseError } from '../http/http-server.ts';
import type { Logger } from '../logger.ts';
import { SignInLimit } from './sign-in-limit.ts';

const sessionsMax = 200;

export interface KeeperListenerParts {
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  readonly token: string;
  /** Whether people choose the token, so that somebody may try to guess it. */
  readonly isGuessable: boolean;
  /** PEM texts; null for a plain connection, on this machine only. */
  readonly tls: { readonly certificate: string; readonly key: string } | null;
  readonly logger: Logger;
  /** A keeper that knows the token. */
  joined(socket: WebSocket): void;
}

interface Refusal {
  readonly status: number;
  readonly reason: string;
}

/** A port that takes keepers and nobody else: one path, one token, one protocol. Pages and API have a port of their own. */
export class KeeperListener {
  /** `wss://HOST:PORT` */
  readonly address: string;
  readonly #server: Server;
  readonly #sockets: WebSocketServer;

  private constructor(server: Server, sockets: WebSocketServer, address: string) {
    this.#server = server;
    this.#sockets = sockets;
    this.address = address;
  }

  /** @throws PortInUseError, or the error of the system when the address is none of this machine's */
  static async listen(parts: KeeperListenerParts): Promise<KeeperListener> {
    const limits = { requestTimeout: 10_000, headersTimeout: 10_000, maxHeaderSize: 16 * 1024 };
    const server =
      parts.tls === null
        ? createServer(limits)
        : createTlsServer({ ...limits, cert: parts.tls.certificate, key: parts.tls.key, handshakeTimeout: 10_000 });
    server.maxConnections = sessionsMax * 2;
    const sockets = new WebSocketServer({
      noServer: true,
      maxPayload: keeperFrameBytesMax,
      perMessageDeflate: false,
    });
    const guard = new Guard(parts.token, parts.isGuessable);
    server.on('request', (_request, response) => {
      response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' });
      response.end('This port is for Millrace workers: npx millrace worker --server …\n');
    });
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      socket.on('error', () => undefined);
      const refusal = sockets.clients.size >= sessionsMax ? tooMany : guard.refusal(request);
      if (refusal === null) {
        sockets.handleUpgrade(request, socket, head, (client) => parts.joined(client));
        return;
      }
      parts.logger.warn(
        { address: request.socket.remoteAddress, status: refusal.status },
        `refused a worker: ${refusal.reason}`,
      );
      refuse(socket, refusal);
    });
    // A handshake that fails is the caller's to tell; here it must only not end the server.
    server.on('tlsClientError', () => undefined);
    server.on('clientError', (_error, socket) => socket.destroy());
    const port = await listen(server, parts);
    const name = parts.host.includes(':') ? `[${parts.host}]` : parts.host;
    return new KeeperListener(server, sockets, `${parts.tls === null ? 'ws' : 'wss'}://${name}:${port}`);
  }

  /** Takes nobody any more. Sessions are for those to close who have them. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#sockets.close();
    this.#server.closeIdleConnections();
    setTimeout(() => {
      for (const client of this.#sockets.clients) client.terminate();
      this.#server.closeAllConnections();
    }, 1_000).unref();
    await closed;
  }
}

const tooMany: Refusal = { status: 503, reason: 'Too many workers are connected.' };

/** Decides on a request before a single frame of it is read. */
class Guard {
  readonly #tokenDigest: Buffer;
  readonly #isGuessable: boolean;
  readonly #limit = new SignInLimit(() => performance.now());

  constructor(token: string, isGuessable: boolean) {
    this.#tokenDigest = digest(token);
    this.#isGuessable = isGuessable;
  }

  refusal(request: IncomingMessage): Refusal | null {
    const { headers } = request;
    const address = request.socket.remoteAddress ?? '';
    // Workers are no web pages, and no web page may pass for one.
    if (headers.origin !== undefined) return { status: 403, reason: 'Web pages cannot connect here.' };
    if (request.url !== keeperPath) return { status: 404, reason: 'There is nothing at this address.' };
    if (this.#isGuessable && this.#limit.isReached(address)) {
      return { status: 429, reason: 'Too many wrong tokens came from this address. Try again in a minute.' };
    }
    const token = /^Bearer (\S{1,1000})$/.exec(headers.authorization ?? '')?.[1] ?? '';
    if (!timingSafeEqual(digest(token), this.#tokenDigest)) {
      this.#limit.failed(address);
      return {
        status: 401,
        reason: 'The worker token is wrong. It is the value of MILLRACE_WORKER_TOKEN at the server.',
      };
    }
    const version = headers[protocolVersionHeader];
    if (version !== String(protocolVersion)) {
      const theirs = /^\d{1,9}$/.exec(String(version))?.[0] ?? 'another';
      return {
        status: 426,
        reason: `This server speaks version ${protocolVersion} of the protocol, and the worker version ${theirs}. Install the same Millrace on both machines.`,
      };
    }
    return null;
  }
}

/** Digests have the same length, so that a comparison takes the same time whatever was sent. */
function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

function refuse(socket: Duplex, { status, reason }: Refusal): void {
  const body = `${reason}\n`;
  socket.end(
    `HTTP/1.1 ${status} Refused\r\nconnection: close\r\ncontent-type: text/plain; charset=utf-8\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

/** Gives the port, which is chosen here when 0 was asked for. */
async function listen(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') {
        reject(
          new PortInUseError(
            `Port ${port} for workers is taken by another program. Give another: --worker-listen ${host}:${port + 1}`,
          ),
        );
      } else if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND') {
        reject(new PortInUseError(`--worker-listen ${host}:${port}: this machine has no such address.`));
      } else if (error.code === 'EACCES') {
        reject(new PortInUseError(`--worker-listen ${host}:${port}: this port is not allowed. Use one above 1023.`));
      } else {
        reject(error);
      }
    });
    server.listen({ host, port, exclusive: true }, resolve);
  });
  return (server.address() as AddressInfo).port;
}
