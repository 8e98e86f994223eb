import { createServer, type Server, Socket } from 'node:net';
import { Frames } from './frames.ts';

/** What a fault did, in the order in which it happened. */
export interface Strike {
  readonly fault: 'cut' | 'reset' | 'delay' | 'answer lost';
  /** Of a lost or delayed answer: the kind of the request, by Kafka's number. */
  readonly apiKey: number | null;
}

interface LostAnswers {
  readonly apiKey: number;
  readonly then: 'reset' | 'silence';
  left: number;
}

/**
 * Stands between clients and one broker, and makes the network fail. It reads no more of Kafka's protocol than where a frame ends,
 * which kind of request it is, and which answer belongs to it.
 */
export class FaultProxy {
  readonly #server: Server;
  readonly #links = new Set<Link>();
  readonly #strikes: Strike[] = [];
  readonly port: number;
  #target: { readonly host: string; readonly port: number } = { host: '127.0.0.1', port: 0 };
  #isCut = false;
  #delayMs = 0;
  #lost: LostAnswers | null = null;
  #watching: { readonly apiKey: number; readonly tell: () => void }[] = [];

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
    server.on('connection', (client) => this.#welcome(client));
  }

  /** Listens on a free port; forwardTo() says where the broker is. */
  static open(): Promise<FaultProxy> {
    return new Promise((resolve, reject) => {
      const server = createServer();
      server.once('error', reject);
      server.listen(0, '127.0.0.1', () => {
        const address = server.address();
        if (address === null || typeof address === 'string') return reject(new Error('The proxy has no port.'));
        resolve(new FaultProxy(server, address.port));
      });
    });
  }

  get strikes(): readonly Strike[] {
    return this.#strikes;
  }

  get connections(): number {
    return this.#links.size;
  }

  forwardTo(port: number, host = '127.0.0.1'): void {
    this.#target = { host, port };
  }

  /** Nobody reaches the broker any more, until heal(). */
  cut(): void {
    this.#isCut = true;
    this.#strike('cut', null);
    this.#endAll();
  }

  /** Ends all connections with a reset; new ones are welcome. */
  reset(): void {
    this.#strike('reset', null);
    this.#endAll();
  }

  /** From now on every answer takes this much longer, until heal(). */
  delay(delayMs: number): void {
    this.#delayMs = delayMs;
  }

  /**
   * The next `count` answers to requests of this kind do not arrive, though the broker did what was asked. Then the connection is
   * reset, or there is silence.
   */
  loseAnswers(apiKey: number, count: number, then: 'reset' | 'silence'): void {
    this.#lost = { apiKey, then, left: count };
  }

  /** Resolves when the next request of this kind is on its way to the broker. */
  nextRequest(apiKey: number): Promise<void> {
    return new Promise((resolve) => this.#watching.push({ apiKey, tell: resolve }));
  }

  heal(): void {
    this.#watching = [];
    this.#isCut = false;
    this.#delayMs = 0;
    this.#lost = null;
  }

  async close(): Promise<void> {
    this.#endAll();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  notePassing(apiKey: number): void {
    for (const { tell } of this.#watching.filter((one) => one.apiKey === apiKey)) tell();
    this.#watching = this.#watching.filter((one) => one.apiKey !== apiKey);
  }

  /** What becomes of an answer: nothing for one that is lost, otherwise how long it is held back. */
  judge(apiKey: number | null): { readonly lost: 'reset' | 'silence' } | { readonly delayMs: number } {
    const lost = this.#lost;
    if (lost !== null && lost.apiKey === apiKey && lost.left > 0) {
      lost.left--;
      this.#strike('answer lost', apiKey);
      return { lost: lost.then };
    }
    if (this.#delayMs > 0) this.#strike('delay', apiKey);
    return { delayMs: this.#delayMs };
  }

  forget(link: Link): void {
    this.#links.delete(link);
  }

  #welcome(client: Socket): void {
    if (this.#isCut) client.resetAndDestroy();
    else this.#links.add(new Link(this, client, this.#target));
  }

  #endAll(): void {
    for (const link of [...this.#links]) link.reset();
  }

  #strike(fault: Strike['fault'], apiKey: number | null): void {
    this.#strikes.push({ fault, apiKey });
  }
}

/** One client's connection and the one to the broker that belongs to it. */
class Link {
  readonly #proxy: FaultProxy;
  readonly #client: Socket;
  readonly #broker: Socket;
  /** Which kind of request an answer belongs to, by its correlation id. */
  readonly #kinds = new Map<number, number>();
  /** Answers leave in their order, however long each is held. */
  #sending: Promise<void> = Promise.resolve();

  constructor(proxy: FaultProxy, client: Socket, target: { readonly host: string; readonly port: number }) {
    this.#proxy = proxy;
    this.#client = client;
    this.#broker = new Socket();
    const requests = new Frames();
    const answers = new Frames();
    client.on('data', (bytes) => {
      for (const frame of requests.add(bytes)) this.#pass(frame);
    });
    this.#broker.on('data', (bytes) => {
      for (const frame of answers.add(bytes)) this.#answer(frame);
    });
    for (const socket of [client, this.#broker]) {
      socket.setNoDelay(true);
      socket.on('error', () => this.reset());
      socket.on('close', () => this.reset());
    }
    this.#broker.connect(target);
  }

  reset(): void {
    this.#proxy.forget(this);
    this.#client.resetAndDestroy();
    this.#broker.destroy();
  }

  /** A request: length, kind (2 bytes), version (2), correlation id (4). */
  #pass(frame: Buffer): void {
    this.#broker.write(frame);
    if (frame.length < 12) return;
    const apiKey = frame.readInt16BE(4);
    this.#kinds.set(frame.readInt32BE(8), apiKey);
    this.#proxy.notePassing(apiKey);
  }

  /** An answer: length, correlation id (4). */
  #answer(frame: Buffer): void {
    const correlation = frame.length >= 8 ? frame.readInt32BE(4) : -1;
    const apiKey = this.#kinds.get(correlation) ?? null;
    this.#kinds.delete(correlation);
    const judgement = this.#proxy.judge(apiKey);
    if ('lost' in judgement) {
      if (judgement.lost === 'reset') this.reset();
      return;
    }
    const readyMs = performance.now() + judgement.delayMs;
    this.#sending = this.#sending.then(async () => {
      const waitMs = readyMs - performance.now();
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
      if (!this.#client.destroyed) this.#client.write(frame);
    });
  }
}
