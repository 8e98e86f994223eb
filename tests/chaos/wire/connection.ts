import { createConnection, type Socket } from 'node:net';
import { Writer } from './bytes.ts';

const requestLimitMs = 10_000;

interface Waiting {
  readonly resolve: (body: Buffer) => void;
  readonly reject: (error: Error) => void;
  readonly limit: NodeJS.Timeout;
}

/** A connection to one broker. Whatever goes wrong ends it, and fails every request that waits. */
export class Connection {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Waiting>();
  #received = Buffer.alloc(0);
  #correlation = 0;
  #broken: Error | null = null;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (bytes) => this.#hear(bytes));
    socket.on('error', (error) => this.#break(error));
    socket.on('close', () => this.#break(new Error('The broker closed the connection.')));
  }

  static open(host: string, port: number): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = createConnection({ host, port, noDelay: true });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new Connection(socket));
      });
    });
  }

  get isBroken(): boolean {
    return this.#broken !== null;
  }

  /** Sends a request of a version with the header 1 and gives the body of the answer. */
  request(apiKey: number, version: number, body: Buffer): Promise<Buffer> {
    if (this.#broken !== null) return Promise.reject(this.#broken);
    const correlation = ++this.#correlation;
    const frame = new Writer().int16(apiKey).int16(version).int32(correlation).string('chaos-checker').raw(body).end();
    return new Promise((resolve, reject) => {
      const limit = setTimeout(() => {
        this.#break(new Error(`No answer to a request of the kind ${apiKey} within ${requestLimitMs} ms.`));
      }, requestLimitMs);
      this.#waiting.set(correlation, { resolve, reject, limit });
      this.#socket.write(new Writer().bytes(frame).end());
    });
  }

  close(): void {
    this.#break(new Error('This connection was closed.'));
  }

  #hear(bytes: Buffer): void {
    this.#received = Buffer.concat([this.#received, bytes]);
    while (this.#received.length >= 4) {
      const end = 4 + this.#received.readInt32BE(0);
      if (this.#received.length < end) return;
      const correlation = this.#received.readInt32BE(4);
      const waiting = this.#waiting.get(correlation);
      this.#waiting.delete(correlation);
      clearTimeout(waiting?.limit);
      waiting?.resolve(this.#received.subarray(8, end));
      this.#received = this.#received.subarray(end);
    }
  }

  #break(error: Error): void {
    this.#broken ??= error;
    this.#socket.destroy();
    for (const { reject, limit } of this.#waiting.values()) {
      clearTimeout(limit);
      reject(error);
    }
    this.#waiting.clear();
  }
}
