import { encodeKey } from '../../log/key-format.ts';
import type { Processor, ProcessorContext, Receive } from '../../runtime/processor.ts';
import { StreamRecord } from '../../runtime/stream-record.ts';
import type { StoreAccess } from '../../state/layered-store.ts';
import { keptRows } from '../kept-rows.ts';
import { RowCache, throughCache } from '../row-cache.ts';

/** Keeps the latest value of each key (without a store, nothing), and passes changes on: each at once, or with caching the last at a commit. */
export function tableProcessor(context: ProcessorContext): Processor {
  const { store: storeName } = context.spec.config as { readonly store: string | null };
  if (storeName === null) return { inputs: { in: withKey(context, (record) => context.forward(record)) } };
  const store = context.store(storeName);
  const cache = context.settings.cacheBytes > 0 ? new RowCache(context, store) : null;
  const put = cache === null ? putAtOnce(context, store) : putLater(context, cache);
  return {
    rows: keptRows(cache === null ? store : throughCache(store, cache), { as: 'value' }),
    inputs: { in: withKey(context, put) },
  };
}

function withKey(context: ProcessorContext, receive: Receive): Receive {
  return (record) => {
    if (record.key === null) context.drop('nullKey');
    else receive(record);
  };
}

function putAtOnce(context: ProcessorContext, store: StoreAccess): Receive {
  const format = context.spec.keyFormat;
  return (record) => {
    const key = encodeKey(format, record.key);
    const old = store.get(0, key)?.value ?? null;
    store.put(0, key, record.value, record.timestamp);
    context.forward(record.withChange(record.value, old));
  };
}

/** The cache may outlive the batch that the record lies in, so what is sent is what the cache kept. */
function putLater(context: ProcessorContext, cache: RowCache): Receive {
  const format = context.spec.keyFormat;
  return ({ key, value, timestamp, headers }) => {
    cache.put(0, encodeKey(format, key), value, timestamp, (before, after) => {
      context.forwardTimed(new StreamRecord(key, after, timestamp, headers, null, before?.value ?? null));
    });
    context.fate('absorbed');
  };
}
