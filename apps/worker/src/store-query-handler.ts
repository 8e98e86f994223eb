import type { StoreAnswer, StoreQuery, StoreRefusal } from '@millrace/engine';
import type { Up } from '@millrace/protocol';

export interface StoreAnswers {
  readonly answers: readonly StoreAnswer[];
  readonly refusals: readonly { readonly taskId: string; readonly reason: StoreRefusal }[];
}

/** Those who have stores open. */
export interface StoreHolder {
  /** Null once the stores are being closed. */
  query(query: StoreQuery): StoreAnswers | null;
}

/**
 * Answers a store query between records, from the last commit; a refusal is an answer. Null when there is nobody to answer any more: the
 * process is about to end, and the server asks whoever comes after it.
 * @param holder null before the server has said what to run
 */
export function answerStoreQuery(holder: StoreHolder | null, requestId: number, query: StoreQuery): Up | null {
  const answered = holder === null ? { answers: [], refusals: [] } : holder.query(query);
  if (answered === null) return null;
  return { type: 'storeAnswers', requestId, answers: [...answered.answers], refusals: [...answered.refusals] };
}
