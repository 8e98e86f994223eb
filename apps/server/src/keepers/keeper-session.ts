import {
  type KeeperDown,
  type KeeperUp,
  keeperFrameBytesMax,
  keeperPingMs,
  keeperSilenceMs,
  keeperUpSchema,
} from '@millrace/protocol';
import type { WebSocket } from 'ws';

type Hello = Extract<KeeperUp, { type: 'hello' }>;

export interface SessionListener {
  hello(session: KeeperSession, hello: Hello): void;
  /** After `hello`. */
  said(session: KeeperSession, message: Exclude<KeeperUp, Hello>): void;
  /** Exactly once, last. */
  closed(session: KeeperSession): void;
}

/** A keeper that is connected, until the connection ends. */
export class KeeperSession {
  /** Whether it is the one of this machine, which the server started. */
  readonly isLocal: boolean;
  /** Runs that it has, or was told to have: run ids by pipeline. */
  readonly runs = new Map<string, string>();
  readonly #socket: WebSocket;
  readonly #listener: SessionListener;
  #hello: Hello | null = null;
  /** It has said that it ends. */
  isLeaving = false;

  constructor(socket: WebSocket, isLocal: boolean, listener: SessionListener) {
    this.isLocal = isLocal;
    this.#socket = socket;
    this.#listener = listener;
    let heardAtMs = performance.now();
    const pings = setInterval(() => {
      if (performance.now() - heardAtMs > keeperSilenceMs) socket.terminate();
      else socket.ping();
    }, keeperPingMs);
    // Whoever does not say hello is none of ours.
    const helloTimer = setTimeout(() => {
      if (this.#hello === null) socket.terminate();
    }, keeperSilenceMs);
    socket.on('pong', () => {
      heardAtMs = performance.now();
    });
    socket.on('message', (data, isBinary) => {
      heardAtMs = performance.now();
      this.#take(isBinary ? null : String(data));
    });
    // The `close` that follows says enough.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearInterval(pings);
      clearTimeout(helloTimer);
      listener.closed(this);
    });
  }

  /** Of the keeper; empty before it has said hello. */
  get keeperId(): string {
    return this.#hello?.keeperId ?? '';
  }

  get pid(): number | null {
    return this.#hello?.pid ?? null;
  }

  send(message: KeeperDown): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    // A keeper that takes nothing any more is as good as gone.
    if (this.#socket.bufferedAmount > keeperFrameBytesMax) this.#socket.terminate();
    else this.#socket.send(JSON.stringify(message));
  }

  refuse(message: string): void {
    this.send({ type: 'refused', message });
    this.#socket.close(1008, 'refused');
  }

  close(): void {
    this.#socket.close(1001, 'The server stops.');
    // One that does not answer the close must not hold the server up.
    setTimeout(() => this.#socket.terminate(), 500).unref();
  }

  terminate(): void {
    this.#socket.terminate();
  }

  #take(text: string | null): void {
    const message = text === null ? null : parsed(text);
    if (message === null || (message.type === 'hello') !== (this.#hello === null)) {
      this.#socket.close(1008, 'A message that is none of ours.');
    } else if (message.type === 'hello') {
      this.#hello = message;
      this.#listener.hello(this, message);
    } else {
      this.#listener.said(this, message);
    }
  }
}

function parsed(text: string): KeeperUp | null {
  try {
    return keeperUpSchema.parse(JSON.parse(text));
  } catch {
    return null; // Not JSON, or not ours; the connection ends.
  }
}
