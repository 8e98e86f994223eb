import { errorCodes, KafkaError } from './kafka-error.ts';
import { withRetries } from './retries.ts';
import type { CoordinatorKind, RpcTransport } from './transport/rpc-transport.ts';

/** What a coordinator was doing is mostly finished by then. */
const firstPauseMs = 3;

/** Calls the coordinator of a group or a transaction, and again when it has moved, is busy, or was not reached. */
export function callCoordinator<T>(
  transport: RpcTransport,
  { kind, key, forMs }: { readonly kind: CoordinatorKind; readonly key: string; readonly forMs: number },
  call: (node: number) => Promise<T>,
): Promise<T> {
  return withRetries(async () => call(await transport.coordinator(kind, key)), {
    forMs,
    firstPauseMs,
    between: (error) => {
      if (error instanceof KafkaError && error.code === errorCodes.concurrentTransactions) return;
      transport.forgetCoordinator(kind, key);
    },
  });
}

/** Errors that end the matter before those that only say that another did, or that a retry may help. */
export function worstFirst<Outcome extends { readonly error: number }>(
  outcomes: readonly Outcome[],
): readonly Outcome[] {
  const weight = ({ error }: Outcome): number => {
    if (error === errorCodes.none) return 3;
    const { kind, errorName } = new KafkaError(error, '');
    if (errorName === 'OPERATION_NOT_ATTEMPTED') return 2;
    return kind === 'retriable' ? 1 : 0;
  };
  return [...outcomes].sort((left, right) => weight(left) - weight(right));
}
