import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { connectFramed } from './framed-socket.ts';

const open: { close(): unknown }[] = [];

afterEach(() => {
  for (const server of open.splice(0)) server.close();
});

/** A socket to a server that says this, piece after piece, and ends. */
async function hearing(pieces: readonly Uint8Array[]): Promise<Socket> {
  const server = createServer((socket) => {
    socket.setNoDelay(true);
    for (const piece of pieces) socket.write(piece);
    socket.end();
  });
  open.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return connectFramed({ host: '127.0.0.1', port, ssl: null, onConnect: () => undefined });
}

describe('framed socket', () => {
  it('gives one whole frame at a time, then the end', async () => {
    const large = new Uint8Array(300_004).fill(9);
    new DataView(large.buffer).setInt32(0, 300_000);
    const socket = await hearing([Uint8Array.of(0, 0, 0, 1, 5, 0, 0), Uint8Array.of(0, 2, 6, 7), large]);
    const frames: number[][] = [];
    socket.on('data', (frame: Uint8Array) => frames.push([frame.byteLength, frame[4] as number]));
    await once(socket, 'end');
    socket.destroy();
    expect(frames).toEqual([
      [5, 5],
      [6, 6],
      [300_004, 9],
    ]);
  });

  it('ends with an error when a frame makes no sense, or a listener of it throws', async () => {
    const negative = await hearing([Uint8Array.of(0xff, 0, 0, 0)]);
    negative.on('data', () => undefined);
    expect(String(await once(negative, 'error'))).toContain('RangeError');
    const refused = await hearing([Uint8Array.of(0, 0, 0, 0)]);
    refused.on('data', () => {
      throw new Error('I cannot read this.');
    });
    expect(String(await once(refused, 'error'))).toContain('I cannot read this.');
  });
});
