import type { ApiRouter } from '@millrace/api';
import { createTRPCClient, createWSClient, httpLink, splitLink, TRPCClientError, wsLink } from '@trpc/client';
import { create } from 'zustand';

/** Whether the one socket of this tab is open. `connecting` is also said while it is being opened again. */
export type Connection = 'connecting' | 'open' | 'lost';

export const useConnection = create<{ readonly connection: Connection }>(() => ({ connection: 'connecting' }));

const path = '/api';

const socket = createWSClient({
  url: () => `${window.location.protocol === 'https:' ? 'wss' : 'ws'}://${window.location.host}${path}`,
  retryDelayMs: (attempt) => Math.min(250 * 2 ** attempt, 4000),
  keepAlive: { enabled: true, intervalMs: 5000, pongTimeoutMs: 3000 },
  onOpen: () => useConnection.setState({ connection: 'open' }),
  onClose: () => useConnection.setState({ connection: 'lost' }),
});

/** Answers come over HTTP, so that a lost socket does not hold them back; what is live comes over the socket. */
export const api = createTRPCClient<ApiRouter>({
  links: [
    splitLink({
      condition: (operation) => operation.type === 'subscription',
      true: wsLink({ client: socket }),
      // The header tells the server that this is its own page: no form can send it.
      false: httpLink({ url: path, headers: { 'x-millrace': '1' } }),
    }),
  ],
});

/** The reason of a refusal that the caller can act on (`conflict`, `invalid`, …), or null. */
export function refusalReason(error: unknown): string | null {
  if (!(error instanceof TRPCClientError)) return null;
  const data: unknown = error.data;
  return typeof data === 'object' && data !== null && 'reason' in data && typeof data.reason === 'string'
    ? data.reason
    : null;
}

/** What to tell a person about an error: the server's own words, or that it cannot be reached. */
export function errorText(error: unknown): string {
  if (error instanceof TRPCClientError && error.data !== undefined && error.data !== null) return error.message;
  return 'The server does not answer. Check that it runs, then try again.';
}
