import {
  type KeeperDown,
  type KeeperUp,
  keeperDownSchema,
  keeperFrameBytesMax,
  keeperPath,
  keeperSilenceMs,
  protocolVersion,
  protocolVersionHeader,
} from '@millrace/protocol';
import { WebSocket } from 'ws';
import { BackOff } from './back-off.ts';
import { type ConnectionFault, faultOfError, faultOfStatus } from './connection-fault.ts';

const handshakeWithinMs = 10_000;
/** With this much on its way, snapshots are left out: the next one says more. */
const bufferedForTicksBytes = 256 * 1024;
const answerBytesMax = 2_000;

/** Where the server is, and what it asks for. */
export interface ServerAddress {
  readonly url: URL;
  readonly token: string;
  /** PEM text of the authorities to trust; undefined for those that Node.js trusts. */
  readonly ca?: string | undefined;
}

export interface ConnectionListener {
  /** The connection stands: say hello. */
  opened(): void;
  said(message: KeeperDown): void;
  /** It stood, and is gone. */
  lost(): void;
  /** It could not be made. */
  failed(fault: ConnectionFault, againInMs: number): void;
}

/** A line to the server that is made again whenever it breaks, after a pause that grows up to `mostPauseMs`. */
export class ServerConnection {
  /** Looked up for every attempt; null while there is no server to be found. */
  readonly #address: () => ServerAddress | null;
  readonly #listener: ConnectionListener;
  readonly #backOff: BackOff;
  #socket: WebSocket | null = null;
  #retry: NodeJS.Timeout | null = null;
  #silence: NodeJS.Timeout | null = null;
  #isClosed = false;

  constructor(address: () => ServerAddress | null, listener: ConnectionListener, mostPauseMs: number) {
    this.#address = address;
    this.#listener = listener;
    this.#backOff = new BackOff(250, mostPauseMs);
  }

  connect(): void {
    if (this.#isClosed) return;
    this.#retry = null;
    const address = this.#address();
    if (address === null) this.#again({ message: 'There is no server.', isFinal: false });
    else this.#open(address);
  }

  /** What cannot be sent is not kept: a server that comes is told how things are. */
  send(message: KeeperUp): void {
    const socket = this.#socket;
    if (socket === null || socket.readyState !== WebSocket.OPEN) return;
    const isTick = message.type === 'said' && message.message.type === 'tick';
    if (isTick && socket.bufferedAmount > bufferedForTicksBytes) return;
    // A server that takes nothing for so long is as good as gone.
    if (socket.bufferedAmount > keeperFrameBytesMax) {
      socket.terminate();
      return;
    }
    const text = JSON.stringify(message);
    // Only answers to questions can be so large, and whoever asked waits no longer than it has to.
    if (Buffer.byteLength(text) <= keeperFrameBytesMax) socket.send(text);
  }

  /** The server has taken this keeper: a later attempt begins with a short pause again. */
  taken(): void {
    this.#backOff.reset();
  }

  /** Ends the connection for good. Settles when what was sent has left, or soon. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#retry !== null) clearTimeout(this.#retry);
    const socket = this.#socket;
    if (socket === null) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        socket.terminate();
        resolve();
      }, 1_000);
      socket.once('close', () => {
        clearTimeout(timer);
        resolve();
      });
      socket.close(1000);
    });
  }

  #open({ url, token, ca }: ServerAddress): void {
    const socket = new WebSocket(new URL(keeperPath, url), {
      headers: { authorization: `Bearer ${token}`, [protocolVersionHeader]: String(protocolVersion) },
      handshakeTimeout: handshakeWithinMs,
      maxPayload: keeperFrameBytesMax,
      perMessageDeflate: false,
      ...(ca === undefined ? {} : { ca }),
    });
    this.#socket = socket;
    let fault: ConnectionFault | null = null;
    let isOpen = false;
    socket.on('open', () => {
      isOpen = true;
      this.#hear(socket);
      this.#listener.opened();
    });
    socket.on('ping', () => this.#hear(socket));
    socket.on('message', (data, isBinary) => {
      this.#hear(socket);
      const message = isBinary ? null : parsed(String(data));
      if (message !== null) this.#listener.said(message);
      else socket.close(1008, 'A message that is none of ours.');
    });
    socket.on('unexpected-response', (request, response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        if (text.length < answerBytesMax) text += chunk;
      });
      response.on('close', () => {
        fault = faultOfStatus(response.statusCode ?? 0, text, url);
        request.destroy();
        socket.terminate();
        this.#ended(socket, isOpen, fault);
      });
    });
    socket.on('error', (error) => {
      fault ??= faultOfError(error, url);
    });
    socket.on('close', () => this.#ended(socket, isOpen, fault));
  }

  #ended(socket: WebSocket, wasOpen: boolean, fault: ConnectionFault | null): void {
    if (this.#socket !== socket) return;
    this.#socket = null;
    if (this.#silence !== null) clearTimeout(this.#silence);
    this.#silence = null;
    if (this.#isClosed) return;
    if (wasOpen) {
      this.#listener.lost();
      this.#retry = setTimeout(() => this.connect(), this.#backOff.next());
    } else {
      this.#again(fault ?? { message: 'The server closed the connection.', isFinal: false });
    }
  }

  #again(fault: ConnectionFault): void {
    const waitMs = this.#backOff.next();
    this.#retry = setTimeout(() => this.connect(), waitMs);
    this.#listener.failed(fault, waitMs);
  }

  #hear(socket: WebSocket): void {
    if (this.#silence !== null) clearTimeout(this.#silence);
    this.#silence = setTimeout(() => socket.terminate(), keeperSilenceMs);
  }
}

function parsed(text: string): KeeperDown | null {
  try {
    return keeperDownSchema.parse(JSON.parse(text));
  } catch {
    return null; // Whoever speaks like this is no server of ours.
  }
}
