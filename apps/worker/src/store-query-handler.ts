import type { StoreQuery } from '@millrace/engine';
import type { Up } from '@millrace/protocol';
import type { TaskHost } from './task-host.ts';

/** Answers a store query between records, from the last commit; a refusal is an answer. */
export function answerStoreQuery(host: TaskHost | null, requestId: number, query: StoreQuery): Up {
  if (host === null) return { type: 'storeAnswers', requestId, answers: [], refusals: [] };
  const { answers, refusals } = host.query(query);
  return { type: 'storeAnswers', requestId, answers: [...answers], refusals: [...refusals] };
}
