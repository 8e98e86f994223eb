import {
  type AbortSignalLike,
  LogError,
  type ReadOptions,
  type ReadRequest,
  type ReadResult,
  type TopicPartition,
} from '@millrace/engine';
import { apiKeys } from './codec/api-keys.ts';
import { MalformedRecordsError } from './codec/records/malformed-records.ts';
import { decodeFetch, encodeFetch, type FetchedPartition, fetchVersion } from './codec/requests/fetch.ts';
import {
  decodeListOffsets,
  encodeListOffsets,
  listOffsetsVersion,
  type OffsetOf,
} from './codec/requests/list-offsets.ts';
import { fetchedBatches } from './fetched-batches.ts';
import { errorCodes, KafkaError } from './kafka-error.ts';
import type { Leaders, PartitionAction } from './leaders.ts';
import { type OpenFetch, OpenFetches } from './open-fetches.ts';
import { asLogError, pause } from './retries.ts';
import { onAbort } from './transport/call-abort.ts';
import type { RpcTransport } from './transport/rpc-transport.ts';

/** A broker holds an empty answer back this long at the most, so that no wait outlives its reader for long. */
const brokerWaitMs = 500;
const readRecords: PartitionAction = { words: 'read', takes: 'READ' };
const readOffsets: PartitionAction = { words: 'read the offsets of', takes: 'DESCRIBE' };
const answerTimeoutMs = 30_000;
const maxBytesPerAnswer = 32 * 1024 * 1024;
/** How long a read keeps on trying when brokers do not answer, or nobody leads a partition. */
const patienceMs = 30_000;
const firstPauseMs = 20;
const longestPauseMs = 500;
/** The same for a read that was told to end: what is known has to be asked for once at least. */
const lastPatienceMs = 2_000;

interface Wanted extends ReadRequest {
  readonly maxBytes: number;
}

/** What an answer holds of a partition: its records, or why there are none. */
interface ReadPartition extends TopicPartition {
  readonly error: number;
  /** Null when there is an error. */
  readonly result: ReadResult | null;
}

interface Ends {
  readonly startOffset: number;
  readonly endOffset: number;
  readonly undecidedEndOffset: number;
}

/** Where a partition of a read stands. */
interface Place {
  readonly request: ReadRequest;
  result: ReadResult | null;
  offset: number;
  startOffset: number;
}

type Fetch = OpenFetch<readonly ReadPartition[]>;

/** The part of a read that one broker answers. */
interface FetchOfNode {
  readonly node: number;
  readonly ofNode: readonly (Wanted & { readonly place: Place })[];
  readonly fetch: Fetch;
}

/**
 * Reads committed records from the leaders of their partitions. Fetches that a broker holds back, since it has nothing yet, outlive the
 * read that made them: the next read of the same partitions from the same offsets takes their answers.
 */
export class Fetcher {
  readonly #transport: RpcTransport;
  readonly #leaders: Leaders;
  readonly #open = new OpenFetches<readonly ReadPartition[]>(brokerWaitMs);
  readonly #busyLanes = new Set<string>();
  /** The last answer of each partition, for where it begins and ends. */
  readonly #ends = new Map<string, Ends>();

  constructor(transport: RpcTransport, leaders: Leaders) {
    this.#transport = transport;
    this.#leaders = leaders;
  }

  /** As {@link Log.read}; several reads may be under way together. */
  async read(requests: readonly ReadRequest[], options: ReadOptions): Promise<readonly ReadResult[]> {
    for (const { topic, partition, offset } of requests) {
      if (!Number.isSafeInteger(offset) || offset < 0) throw outOfRange(topic, partition, offset, null);
    }
    await this.#leaders.assertKnown(requests);
    const places = requests.map(
      (request): Place => ({ request, result: null, offset: request.offset, startOffset: 0 }),
    );
    const startedMs = performance.now();
    let troubleSinceMs: number | null = null;
    let troublePauseMs = firstPauseMs;
    for (;;) {
      const waitedMs = performance.now() - startedMs;
      const leftMs = options.signal?.aborted ? 0 : Math.max(0, options.maxWaitMs - waitedMs);
      const trouble = await this.#round(places, options, Math.min(leftMs, brokerWaitMs));
      if (trouble === null) {
        troubleSinceMs = null;
        troublePauseMs = firstPauseMs;
      } else {
        troubleSinceMs ??= performance.now();
        const limitMs = options.signal?.aborted ? lastPatienceMs : patienceMs;
        if (performance.now() - troubleSinceMs > limitMs) throw asLogError(trouble);
        await pause(troublePauseMs);
        troublePauseMs = Math.min(troublePauseMs * 2, longestPauseMs);
        await this.#leaders.refresh(requests).catch(ignore);
      }
      const results = places.map(({ result }) => result);
      if (!results.every((result) => result !== null)) continue;
      const hasRecords = results.some(({ batches }) => batches.length > 0);
      const isBehind = places.some(({ result, offset }) => result !== null && offset < result.endOffset);
      const lostSome = places.some(({ request, startOffset }) => startOffset > request.offset);
      if (hasRecords) {
        if (!places.some(isStarved)) return results;
      } else if (!isBehind && (lostSome || leftMs <= 0 || requests.length === 0)) {
        return results;
      }
    }
  }

  /** One offset of each partition, in the order given. */
  async offsets(
    partitions: readonly { readonly topic: string; readonly partition: number }[],
    of: OffsetOf,
  ): Promise<readonly number[]> {
    if (partitions.length === 0) return [];
    const found = await this.#leaders.send(partitions, readOffsets, async (node, ofNode) =>
      decodeListOffsets(
        await this.#transport.call(node, apiKeys.listOffsets, listOffsetsVersion, encodeListOffsets(ofNode, of)),
      ),
    );
    return found.map(({ offset }) => offset);
  }

  /** What is written at the offset, decided or not. */
  async at(topic: string, partition: number, offset: number): Promise<ReadResult | null> {
    const [fetched] = await this.#leaders.send([{ topic, partition }], readRecords, async (node) => {
      const body = encodeFetch([{ topic, partition, offset, maxBytes: 1 }], {
        maxWaitMs: 0,
        maxBytes: 1,
        readCommitted: false,
      });
      return decodeFetch(await this.#transport.call(node, apiKeys.fetch, fetchVersion, body)).partitions;
    });
    return fetched === undefined ? null : decoded(fetched, offset);
  }

  /** Asks all leaders for what is still wanted. Gives an error that another attempt may mend, or null. */
  async #round(places: readonly Place[], options: ReadOptions, waitMs: number): Promise<unknown> {
    const wanted = places.filter((place) => place.result === null || place.result.batches.length === 0);
    const hasRecords = wanted.length < places.length;
    // With records at hand nobody waits: only those are asked again whose turn a full answer left out.
    const asked = hasRecords ? wanted.filter((place) => place.result === null || isStarved(place)) : wanted;
    if (asked.length === 0) return null;
    try {
      const groups = await this.#leaders.group(
        asked.map((place) => ({
          ...place.request,
          offset: place.offset,
          maxBytes: options.maxBytesPerPartition,
          place,
        })),
      );
      const fetches = [...groups].map(([node, ofNode]) => ({
        node,
        ofNode,
        fetch: this.#fetch(node, ofNode, hasRecords ? 0 : waitMs),
      }));
      return await this.#take(fetches, options.signal);
    } catch (error) {
      return retriableOrThrow(error);
    }
  }

  /** Takes answers as they come, until one has records or all are there. */
  async #take(fetches: readonly FetchOfNode[], signal: AbortSignalLike | undefined): Promise<unknown> {
    let trouble: unknown = null;
    const waiting = new Set(fetches);
    while (waiting.size > 0) {
      const answered = [...waiting].find(({ fetch }) => fetch.outcome !== null);
      const outcome = answered?.fetch.outcome ?? null;
      if (answered === undefined || outcome === null) {
        const arrival = this.#open.arrival();
        try {
          await (signal === undefined || signal.aborted ? arrival : onAbort(arrival, signal));
        } catch {
          // Given up by the reader: what has not been answered counts as empty where it was answered before.
          return await this.#settle(fetches);
        }
        continue;
      }
      const { node, ofNode, fetch } = answered;
      waiting.delete(answered);
      this.#open.take(fetch);
      if ('error' in outcome) {
        trouble = retriableOrThrow(outcome.error);
        continue;
      }
      let hasRecords = false;
      for (const fetched of outcome.value) {
        const asked = ofNode.find(({ topic, partition }) => topic === fetched.topic && partition === fetched.partition);
        if (asked === undefined) continue;
        const error = await this.#accept(asked.place, fetched, node);
        if (error !== null) trouble = error;
        hasRecords ||= (asked.place.result?.batches.length ?? 0) > 0;
      }
      // Others may be held back: their answers wait for the next read, and what they are for has nothing new here.
      if (hasRecords && [...fetches].every(({ ofNode }) => ofNode.every(({ place }) => place.result !== null))) break;
      if (hasRecords) return (await this.#settle(fetches)) ?? trouble;
    }
    return trouble;
  }

  /** Fills in where the partitions end that a broker is still holding back, since it has nothing new of them: as it last said. */
  async #settle(fetches: readonly FetchOfNode[]): Promise<unknown> {
    const places = fetches
      .flatMap(({ ofNode }) => ofNode.map(({ place }) => place))
      .filter(({ result }) => result === null);
    if (places.length === 0) return null;
    await this.#learnEnds(places.map(({ request }) => request).filter((at) => !this.#ends.has(nameOf(at))));
    for (const place of places) {
      const { topic, partition } = place.request;
      const ends = this.#ends.get(nameOf(place.request));
      if (ends !== undefined) place.result = { topic, partition, batches: [], nextOffset: place.offset, ...ends };
    }
    return null;
  }

  async #learnEnds(partitions: readonly ReadRequest[]): Promise<void> {
    const [starts, ends, undecided] = await Promise.all([
      this.offsets(partitions, 'earliest'),
      this.offsets(partitions, 'latest'),
      this.offsets(partitions, 'undecided'),
    ]);
    partitions.forEach((at, index) => {
      this.#ends.set(nameOf(at), {
        startOffset: starts[index] ?? 0,
        endOffset: ends[index] ?? at.offset,
        undecidedEndOffset: undecided[index] ?? at.offset,
      });
    });
  }

  /** Notes an answer at its place. Gives an error that another attempt may mend, or null. */
  async #accept(place: Place, fetched: ReadPartition, node: number): Promise<unknown> {
    const { topic, partition } = fetched;
    if (fetched.error === errorCodes.offsetOutOfRange) {
      const [[start], [end]] = await Promise.all([
        this.offsets([fetched], 'earliest'),
        this.offsets([fetched], 'undecided'),
      ]);
      if (start === undefined || end === undefined || place.offset > end) {
        throw outOfRange(topic, partition, place.offset, end ?? null);
      }
      if (place.offset < start) {
        place.offset = start;
        place.startOffset = start;
      }
      return new KafkaError(errorCodes.notLeaderOrFollower, `read ${topic}-${partition}`);
    }
    const { result } = fetched;
    if (result === null) {
      const action = `${readRecords.words} ${topic}-${partition} at ${this.#transport.address(node)}`;
      const right = { operation: readRecords.takes, on: `the topic ${topic}` };
      const error = new KafkaError(fetched.error, action, null, right);
      if (error.kind === 'retriable') return error;
      throw error.toLogError();
    }
    place.offset = result.nextOffset;
    place.startOffset = Math.max(place.startOffset, result.startOffset);
    place.result = result;
    const { startOffset, endOffset, undecidedEndOffset } = result;
    this.#ends.set(nameOf(result), { startOffset, endOffset, undecidedEndOffset });
    return null;
  }

  #fetch(node: number, wanted: readonly Wanted[], waitMs: number): Fetch {
    const name = `${node} ${waitMs > 0 ? 'waits' : 'at once'} ${wanted
      .map(({ topic, partition, offset, maxBytes }) => `${topic}-${partition}@${offset}/${maxBytes}`)
      .join(' ')}`;
    const open = this.#open.get(name);
    if (open !== undefined) return open;
    const lane = this.#freeLane(node);
    const body = encodeFetch(wanted, {
      maxWaitMs: Math.ceil(waitMs),
      maxBytes: maxBytesPerAnswer,
      readCommitted: true,
    });
    const answer = this.#transport
      .callAndRead(
        node,
        apiKeys.fetch,
        fetchVersion,
        body,
        (bytes) => {
          const { error, partitions } = decodeFetch(bytes);
          if (error !== errorCodes.none) throw new KafkaError(error, `read from ${this.#transport.address(node)}`);
          return readPartitions(partitions, wanted);
        },
        { lane, timeoutMs: waitMs + answerTimeoutMs },
      )
      .finally(() => this.#busyLanes.delete(`${node} ${lane}`));
    return this.#open.add(name, answer);
  }

  /** Fetches that wait at a broker hold up what comes behind them on their connection, so each has one to itself. */
  #freeLane(node: number): string {
    for (let number = 0; ; number++) {
      const lane = `fetch-${number}`;
      if (this.#busyLanes.has(`${node} ${lane}`)) continue;
      this.#busyLanes.add(`${node} ${lane}`);
      return lane;
    }
  }
}

function nameOf({ topic, partition }: { readonly topic: string; readonly partition: number }): string {
  return `${topic}-${partition}`;
}

/** There is more, but the answer had no room for it. */
function isStarved({ result, offset }: Place): boolean {
  return result !== null && result.batches.length === 0 && offset < result.endOffset;
}

/** The records of what was asked for; the answer's own bytes are not needed behind this. */
function readPartitions(answered: readonly FetchedPartition[], wanted: readonly Wanted[]): ReadPartition[] {
  return answered.flatMap((fetched) => {
    const { topic, partition, error } = fetched;
    const asked = wanted.find((one) => one.topic === topic && one.partition === partition);
    if (asked === undefined) return [];
    return [{ topic, partition, error, result: error === errorCodes.none ? decoded(fetched, asked.offset) : null }];
  });
}

function decoded(fetched: FetchedPartition, offset: number): ReadResult {
  const { topic, partition, records, aborted, logStartOffset, lastStableOffset, highWatermark } = fetched;
  try {
    const { batches, nextOffset } = fetchedBatches(records, offset, aborted);
    return {
      topic,
      partition,
      batches,
      nextOffset,
      startOffset: Math.max(0, logStartOffset),
      endOffset: lastStableOffset < 0 ? highWatermark : lastStableOffset,
      undecidedEndOffset: highWatermark,
    };
  } catch (error) {
    if (!(error instanceof MalformedRecordsError)) throw error;
    throw new LogError('corrupt', `Topic ${topic}, partition ${partition}, from offset ${offset}: ${error.message}`, {
      cause: error,
    });
  }
}

function outOfRange(topic: string, partition: number, offset: number, end: number | null): LogError {
  const ends = end === null ? '' : `; the partition ends at ${end}`;
  return new LogError(
    'offset-out-of-range',
    `Offset ${offset} of ${topic}-${partition} does not exist${ends}. If the topic was made anew, stop the pipeline, reset it and start it again: it reads from the earliest records then.`,
  );
}

function retriableOrThrow(error: unknown): unknown {
  const { retriable, kind } = error as { retriable?: unknown; kind?: unknown };
  if (retriable === true || kind === 'retriable') return error;
  throw asLogError(error);
}

function ignore(): void {
  // The next attempt says what is wrong.
}
