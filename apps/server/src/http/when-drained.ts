/** The part of a WebSocket that tells how well its reader keeps up. */
export interface Draining {
  /** Bytes handed over and not yet sent. */
  readonly bufferedAmount: number;
  readonly readyState: number;
  readonly OPEN: number;
}

/** With more than this still to be sent, a reader is slow and gets nothing new. */
const bufferedBytesMax = 64 * 1024;
const lookMs = 50;

/** Asks for the next item only once the socket has sent the earlier ones: where items are made when asked for, each is then the newest. */
export async function* whenDrained<Item>(socket: Draining, items: AsyncIterable<Item>): AsyncGenerator<Item> {
  for await (const item of items) {
    yield item;
    while (socket.bufferedAmount > bufferedBytesMax && socket.readyState === socket.OPEN) {
      await new Promise((resolve) => setTimeout(resolve, lookMs));
    }
  }
}
