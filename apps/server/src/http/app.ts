import type { HttpBindings } from '@hono/node-server';
import { type ApiContext, apiRouter } from '@millrace/api';
import { fetchRequestHandler } from '@trpc/server/adapters/fetch';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { Logger } from '../logger.ts';
import { reportApiError } from './api-errors.ts';
import { bodyBytesMax, type RequestGuard } from './request-guard.ts';
import { securityHeaders } from './security-headers.ts';
import type { StaticFiles } from './static-files.ts';

/** Calls in one request or one WebSocket message. */
export const batchCallsMax = 20;

export interface AppParts {
  readonly context: ApiContext;
  readonly guard: RequestGuard;
  readonly files: StaticFiles;
  readonly logger: Logger;
}

/** What is answered over HTTP: the API, the designer's files, and whether the server lives. */
export function createApp({ context, guard, files, logger }: AppParts): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>();

  app.use(async (c, next) => {
    const refusal = guard.refusal({
      method: c.req.method,
      path: c.req.path,
      headers: c.env.incoming.headers,
      upgrade: false,
    });
    if (refusal === null) await next();
    else {
      logger.warn(
        { method: c.req.method, path: c.req.path.slice(0, 200), status: refusal.status },
        `refused: ${refusal.reason}`,
      );
      c.res = c.text(refusal.reason, refusal.status);
    }
    for (const [name, value] of Object.entries(securityHeaders)) c.res.headers.set(name, value);
  });

  app.get('/healthz', (c) => c.text('ok'));

  app.use(
    '/api/*',
    bodyLimit({ maxSize: bodyBytesMax, onError: (c) => c.text('The body is larger than 1 MiB.', 413) }),
  );
  app.all('/api/*', async (c) => {
    const answer = await fetchRequestHandler({
      endpoint: '/api',
      req: c.req.raw,
      router: apiRouter,
      createContext: () => context,
      maxBatchSize: batchCallsMax,
      onError: (failure) => reportApiError(logger, failure),
    });
    answer.headers.set('cache-control', 'no-store');
    return answer;
  });

  app.get('*', (c) => {
    const file = files.at(c.req.path);
    if (file === undefined) return c.text('There is nothing at this address.', 404);
    return c.body(file.body, 200, { 'content-type': file.contentType, 'cache-control': file.cacheControl });
  });

  app.notFound((c) => c.text('There is nothing at this address.', 404));
  app.onError((error, c) => {
    logger.error({ err: error, path: c.req.path }, 'a request failed');
    return c.text('Something failed in the server. Its log says what.', 500);
  });
  return app;
}
