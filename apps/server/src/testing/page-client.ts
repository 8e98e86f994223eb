import type { ApiRouter, LiveFrame } from '@millrace/api';
import { createTRPCClient, createWSClient, type TRPCClient, wsLink } from '@trpc/client';
import WebSocket from 'ws';

/** Calls over one WebSocket, as our own page makes them; it connects again when it is cut. `address`: `http://host:port` */
export function pageClient(address: string): { readonly api: TRPCClient<ApiRouter>; readonly close: () => void } {
  class PageWebSocket extends WebSocket {
    constructor(url: string) {
      super(url, { origin: address });
    }
  }
  const client = createWSClient({
    url: `${address.replace('http', 'ws')}/api`,
    // The browser's type and ours differ in what neither side uses.
    WebSocket: PageWebSocket as unknown as typeof globalThis.WebSocket,
    retryDelayMs: () => 50,
  });
  return {
    api: createTRPCClient<ApiRouter>({ links: [wsLink({ client })] }),
    close: () => void client.close().catch(() => undefined),
  };
}

/** The first live frame of a pipeline for which the condition holds. */
export function firstFrame(
  api: TRPCClient<ApiRouter>,
  pipelineId: string,
  holds: (frame: LiveFrame) => boolean,
): Promise<LiveFrame> {
  return new Promise((resolve, reject) => {
    const subscription = api.deployments.live.subscribe(
      { pipelineId },
      {
        onData: (next) => {
          if (!holds(next)) return;
          subscription.unsubscribe();
          resolve(next);
        },
        onError: reject,
      },
    );
  });
}
