import { connect as connectPlain, isIP, type OnReadOpts, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { FrameReader } from './frame-reader.ts';

const keepAliveMs = 60_000;
/** Where what comes in is put, read after read. */
const readBytes = 64 * 1024;

export interface FramedSocketOptions {
  readonly host: string;
  readonly port: number;
  /** Null without TLS. */
  readonly ssl: ConnectionOptions | null;
  onConnect(): void;
}

/**
 * A socket that gives one `data` for each whole frame (see {@link FrameReader}), whose bytes are good until its listeners return. It ends
 * with an error where frames make no sense. It has the form in which kafkajs wants its sockets made.
 */
export function connectFramed({ host, port, ssl, onConnect }: FramedSocketOptions): Socket {
  const frames = new FrameReader((frame) => socket.emit('data', frame));
  const onread: OnReadOpts = {
    buffer: new Uint8Array(readBytes),
    callback: (length, bytes) => {
      try {
        frames.take(bytes.subarray(0, length));
      } catch (error) {
        socket.destroy(error as Error);
      }
      return true;
    },
  };
  // Servers are told the name that they are asked for by, where it is one.
  const named = isIP(host) === 0 ? { servername: host } : {};
  // Node hands it on for TLS too; only its types do not say so.
  const options = { host, port, ...named, ...ssl, onread };
  const socket: Socket =
    ssl === null ? connectPlain({ host, port, onread }, onConnect) : connectTls(options, onConnect);
  socket.setKeepAlive(true, keepAliveMs);
  return socket;
}
