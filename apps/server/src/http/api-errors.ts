import { ApiError } from '@millrace/api';
import type { TRPCError } from '@trpc/server';
import type { Logger } from '../logger.ts';

/** Logs our defects with their stack, and nothing for what a caller did wrong: the caller is told. */
export function reportApiError(
  logger: Logger,
  failure: { readonly error: TRPCError; readonly path?: string | undefined },
): void {
  const { error, path } = failure;
  if (error.code !== 'INTERNAL_SERVER_ERROR' || error.cause instanceof ApiError) return;
  logger.error({ err: error.cause ?? error, path }, 'a call of the API failed');
}
