import type { LiveFrame } from '@millrace/api';
import { missingFates } from '@millrace/engine';
import type { Page } from '@playwright/test';

/** What the server sends this tab about the open deployment, as it arrives. */
export class LiveFrames {
  readonly #frames: LiveFrame[] = [];

  private constructor() {}

  /** Before the page is opened. */
  static of(page: Page): LiveFrames {
    const live = new LiveFrames();
    page.on('websocket', (socket) => {
      socket.on('framereceived', ({ payload }) => {
        const frame = typeof payload === 'string' ? readFrame(payload) : null;
        if (frame !== null) live.#frames.push(frame);
      });
    });
    return live;
  }

  get count(): number {
    return this.#frames.length;
  }

  get newest(): LiveFrame | undefined {
    return this.#frames.at(-1);
  }

  /** What a node had read, in every frame since the given one; before a worker has spoken nothing is known. */
  totalsOf(node: string, since = 0): readonly number[] {
    return this.#frames.slice(since).flatMap((frame) => {
      if (frame.worker === null && frame.deployment?.state !== 'stopped') return [];
      const total = frame.nodes.find((live) => live.node === node)?.counters.in;
      return total === undefined ? [] : [total];
    });
  }

  /** Nodes whose inputs are not the sum of their fates, in any frame. */
  unbalanced(): readonly string[] {
    return this.#frames.flatMap(({ nodes, atMs }) =>
      nodes.filter(({ counters }) => missingFates(counters) !== 0).map(({ node }) => `${node} at ${atMs}`),
    );
  }
}

function readFrame(payload: string): LiveFrame | null {
  const message: unknown = JSON.parse(payload.startsWith('{') ? payload : '{}');
  if (typeof message !== 'object' || message === null || !('result' in message)) return null;
  const { result } = message;
  if (typeof result !== 'object' || result === null || !('data' in result)) return null;
  const { data } = result;
  const isFrame = typeof data === 'object' && data !== null && 'nodes' in data && 'deployment' in data;
  return isFrame ? (data as LiveFrame) : null;
}
