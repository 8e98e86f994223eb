import { useCallback, useEffect, useRef, useState } from 'react';
import { api, errorText } from '../api.ts';
import { useLive } from '../live/live-store.ts';
import { isFinal, type Reading, readFromStart, readMore, type Selection, storeQuery } from './store-reader.ts';

const followMs = 1000;
const typingMs = 200;

interface OpenStore {
  readonly reading: Reading | null;
  readonly failure: string | null;
  /** The text cannot be a key of this store. */
  readonly isNoKey: boolean;
  readonly isReading: boolean;
  readonly more: () => void;
  readonly again: () => void;
}

/** One store as it is looked at: read when the selection changes, once a second while followed, page by page on demand. */
export function useStore(pipelineId: string, store: string, selection: Selection, follow: boolean): OpenStore {
  const [reading, setReading] = useState<Reading | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const [isReading, setIsReading] = useState(false);
  const known = useRef<Reading | null>(null);
  const busy = useRef(false);
  /** Counts selections and states of the deployment: an answer to an older one is not shown. */
  const round = useRef(0);
  /** Learnt from the first row that was seen, and kept while a search finds none. */
  const hasTextKeys = useRef(true);
  const keyOf = reading?.rows[0]?.row.key;
  if (keyOf !== undefined) hasTextKeys.current = typeof keyOf === 'string';
  const query = storeQuery(store, selection, hasTextKeys.current);
  const queryText = query === null ? null : JSON.stringify(query);

  const run = useCallback(async (read: (known: Reading | null) => Promise<Reading>): Promise<void> => {
    if (busy.current) return;
    busy.current = true;
    setIsReading(true);
    const own = round.current;
    try {
      const next = await read(known.current);
      if (own === round.current) {
        known.current = next;
        setReading(next);
        setFailure(null);
      }
    } catch (error) {
      if (own === round.current) setFailure(errorText(error));
    } finally {
      if (own === round.current) busy.current = false;
      setIsReading(false);
    }
  }, []);

  const ask = useCallback(
    (asked: Parameters<typeof api.stores.query.query>[0]['query']) =>
      api.stores.query.query({ pipelineId, query: asked }),
    [pipelineId],
  );

  const again = useCallback(() => {
    if (queryText !== null) void run((before) => readFromStart(JSON.parse(queryText), before, ask, Date.now));
  }, [queryText, run, ask]);

  useEffect(() => {
    round.current++;
    busy.current = false;
    known.current = null;
    if (queryText === null) return;
    const timer = setTimeout(again, typingMs);
    return () => clearTimeout(timer);
  }, [queryText, again]);

  const state = useLive((live) => live.deployment?.state ?? null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a deployment in another state answers otherwise.
  useEffect(() => {
    // What is under way was asked of the state before.
    round.current++;
    busy.current = false;
    again();
  }, [state]);

  useEffect(() => {
    if (!follow) return;
    const timer = setInterval(() => {
      // A store that nobody writes to stays as it was read, until the deployment is in another state.
      if (document.visibilityState === 'visible' && !isFinal(known.current)) again();
    }, followMs);
    return () => clearInterval(timer);
  }, [follow, again]);

  return {
    reading,
    failure,
    isNoKey: query === null,
    isReading,
    more: () => {
      if (query !== null)
        void run((before) =>
          before === null ? readFromStart(query, null, ask, Date.now) : readMore(query, before, ask, Date.now),
        );
    },
    again,
  };
}
