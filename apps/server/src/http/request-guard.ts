import type { IncomingHttpHeaders } from 'node:http';

/** What is looked at before anything else is done with a request, a WebSocket upgrade included. */
export interface GuardedRequest {
  readonly method: string;
  /** Path without the query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly upgrade: boolean;
}

/** `reason` is one sentence for the person who looks into why. */
export interface Refusal {
  readonly status: 400 | 403 | 405 | 413 | 415 | 421;
  readonly reason: string;
}

export const bodyBytesMax = 1024 * 1024;

/** Programs that are no browser say so with this header: no web page can send it to us without our consent (there is no CORS here). */
export const clientHeader = 'x-millrace';

/**
 * Keeps other web pages out. A browser lets any page send requests to this machine, and a page can even make its own name point here; so
 * a request must name us as its host, come from our own page or from a program, and be of a kind that no form can make.
 */
export class RequestGuard {
  readonly #hosts: ReadonlySet<string>;

  /** @param host the address listened on @param port the port listened on */
  constructor(host: string, port: number) {
    const names = ['127.0.0.1', 'localhost', '[::1]', host.includes(':') ? `[${host}]` : host];
    // Browsers leave the standard port out.
    this.#hosts = new Set(names.flatMap((name) => (port === 80 ? [name, `${name}:80`] : [`${name}:${port}`])));
  }

  /** Null when the request may go on. */
  refusal(request: GuardedRequest): Refusal | null {
    const { headers, method } = request;
    const host = headers.host?.toLowerCase() ?? '';
    if (!this.#hosts.has(host)) {
      return { status: 421, reason: `This server does not answer as ${host === '' ? 'a nameless host' : host}.` };
    }
    const reading = !request.upgrade && (method === 'GET' || method === 'HEAD');
    const program = headers[clientHeader] === '1';
    if (headers.origin !== undefined && headers.origin !== `http://${host}`) {
      return { status: 403, reason: 'Only pages of this server may talk to it.' };
    }
    if (headers.origin === undefined && !reading && !program) {
      return { status: 403, reason: `A program that is no browser sends the header ${clientHeader}: 1.` };
    }
    const site = headers['sec-fetch-site'];
    if (site !== undefined && site !== 'same-origin' && site !== 'none' && !(reading && opensPage(request))) {
      return { status: 403, reason: 'Only pages of this server may talk to it.' };
    }
    if (request.upgrade) return method === 'GET' ? null : { status: 405, reason: 'An upgrade is a GET.' };
    if (reading) return null;
    if (method !== 'POST') return { status: 405, reason: `${method} is not used here.` };
    if (!program) return { status: 403, reason: `A change carries the header ${clientHeader}: 1.` };
    if (!/^application\/json(\s*;|$)/i.test(headers['content-type']?.trim() ?? '')) {
      return { status: 415, reason: 'A body here is application/json.' };
    }
    if (Number(headers['content-length'] ?? 0) > bodyBytesMax)
      return { status: 413, reason: 'The body is larger than 1 MiB.' };
    return null;
  }
}

/** A person who follows a link to the page itself: it shows nothing to the page that has the link, and may not be framed. */
function opensPage({ headers, path }: GuardedRequest): boolean {
  return (
    headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document' && !path.startsWith('/api')
  );
}
