import { LogError } from '@millrace/engine';
import { initTRPC, TRPCError } from '@trpc/server';
import { z } from 'zod';
import type { ApiContext } from './context.ts';
import { ApiError, type ApiErrorCode } from './errors.ts';

const codes = {
  'not-found': 'NOT_FOUND',
  conflict: 'CONFLICT',
  invalid: 'UNPROCESSABLE_CONTENT',
  'read-only': 'FORBIDDEN',
  unavailable: 'SERVICE_UNAVAILABLE',
} as const satisfies Record<ApiErrorCode, string>;

const t = initTRPC.context<ApiContext>().create({
  isDev: false,
  // Live data goes over the WebSocket alone.
  sse: { enabled: false },
  errorFormatter: ({ shape, error }) => ({
    message: messageOf(error, shape.message),
    code: shape.code,
    data: {
      code: shape.data.code,
      httpStatus: shape.data.httpStatus,
      reason: error.cause instanceof ApiError ? error.cause.code : null,
    },
  }),
});

/** A sentence for people. What is our own defect is told to the server's log alone. */
function messageOf(error: TRPCError, message: string): string {
  // What a subscription refuses while it runs has not gone through `answering`.
  if (error.cause instanceof ApiError) return error.cause.message;
  if (error.code === 'INTERNAL_SERVER_ERROR') return 'Something failed in the server. Its log says what.';
  if (!(error.cause instanceof z.ZodError)) return message;
  const [issue] = error.cause.issues;
  const place = issue === undefined || issue.path.length === 0 ? '' : `${issue.path.join('.')}: `;
  return `The request does not fit. ${place}${issue?.message ?? 'It has another form.'}`;
}

/** Turns refusals into answers; every procedure is built on this. */
const answering = t.procedure.use(async ({ next }) => {
  const result = await next();
  if (result.ok) return result;
  const refusal = refusalOf(result.error.cause);
  if (refusal !== null) throw new TRPCError({ code: codes[refusal.code], message: refusal.message, cause: refusal });
  return result;
});

/** The log's faults (a full disk, say) are not the caller's, but the caller is the one who can have them mended. */
function refusalOf(cause: unknown): ApiError | null {
  if (cause instanceof ApiError) return cause;
  return cause instanceof LogError ? new ApiError('unavailable', cause.message) : null;
}

/** What changes anything is refused before it begins while another server has the cluster. */
const writable = answering.use(({ ctx, type, next }) => {
  const { readOnly } = ctx.system.info();
  if (type === 'mutation' && readOnly !== null) throw new ApiError('read-only', readOnly);
  return next();
});

export const router = t.router;
export const procedure = writable;
export const createCallerFactory = t.createCallerFactory;
