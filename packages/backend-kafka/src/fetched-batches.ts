import type { RecordBatch } from '@millrace/engine';
import { batchAttributes, readBatchHeader } from './codec/records/batch-header.ts';
import { decodeMarker, decodeRecords } from './codec/records/decode-records.ts';
import { MalformedRecordsError } from './codec/records/malformed-records.ts';
import type { AbortedTransaction } from './codec/requests/fetch.ts';

export interface FetchedBatches {
  readonly batches: readonly RecordBatch[];
  /** Behind everything that was looked at: also control batches, aborted and empty ones. */
  readonly nextOffset: number;
}

/**
 * The records of an answer that a reader of committed records sees, up to the first that cannot be read. A broker sends what lies below the last stable offset, with the records
 * of aborted transactions among it and a list of where those begin. The list is in the order in which the transactions ended, so it is sorted
 * first; a transaction of a producer ends at its abort marker.
 * @throws MalformedRecordsError when the first cannot be read
 */
export function fetchedBatches(
  bytes: Uint8Array,
  offset: number,
  aborted: readonly AbortedTransaction[],
): FetchedBatches {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const begins = [...aborted].sort((left, right) => left.firstOffset - right.firstOffset);
  const aborting = new Set<bigint>();
  const batches: RecordBatch[] = [];
  let nextBegin = 0;
  let nextOffset = offset;
  for (let at = 0; ; ) {
    const header = readable(nextOffset > offset, () => readBatchHeader(bytes, view, at));
    if (header === null) break;
    at = header.end;
    // The first batch may begin before what was asked for, and end there, after compaction.
    if (header.lastOffset < nextOffset) {
      if (batches.length > 0) throw new MalformedRecordsError(`Offset ${header.baseOffset} comes twice.`);
      continue;
    }
    for (let begin = begins[nextBegin]; begin !== undefined; begin = begins[++nextBegin]) {
      if (begin.firstOffset > header.lastOffset) break;
      aborting.add(begin.producerId);
    }
    const isTransactional = (header.attributes & batchAttributes.transactional) !== 0;
    if ((header.attributes & batchAttributes.control) !== 0) {
      if (decodeMarker(bytes, view, header) === 'abort') aborting.delete(header.producerId);
    } else if (header.count > 0 && !(isTransactional && aborting.has(header.producerId))) {
      const batch = readable(nextOffset > offset, () => decodeRecords(bytes, view, header));
      if (batch === null) break;
      batches.push(batch);
    }
    nextOffset = header.lastOffset + 1;
  }
  return { batches, nextOffset };
}

/** Null for what cannot be read where something comes before it: that is given, and the next read, which begins here, says what is wrong. */
function readable<T>(isBehindSomething: boolean, read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (isBehindSomething && error instanceof MalformedRecordsError) return null;
    throw error;
  }
}
