import {
  bytesToByteString,
  type CommittedTask,
  type EncodedBatch,
  encodeBatch,
  LogError,
  type TaskCommit,
  type TaskId,
  type TopicPartition,
} from '@millrace/engine';
import { apiKeys } from './codec/api-keys.ts';
import { decodeOffsetFetch, encodeOffsetFetch, offsetFetchVersion } from './codec/requests/offset-fetch.ts';
import type { Fetcher } from './fetcher.ts';
import { assertNoError } from './kafka-error.ts';
import type { Leaders } from './leaders.ts';
import { withRetries } from './retries.ts';
import { taskPartition } from './task-partitions.ts';
import type { RpcTransport } from './transport/rpc-transport.ts';

/** How long a position may stay unstable: a little longer than the transaction that changes it. */
const stableMs = 90_000;

const lookOptions = { maxBytesPerPartition: 1024 * 1024, maxWaitMs: 0 };

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** How many offsets are looked at first for a partition's last record; more and more where it is not among them. */
const firstLook = 16;

/** What tasks have committed: each in the record before the offset that the group has committed for the task's own partition. */
export class TaskStates {
  readonly #transport: RpcTransport;
  readonly #leaders: Leaders;
  readonly #fetcher: Fetcher;

  constructor(transport: RpcTransport, leaders: Leaders, fetcher: Fetcher) {
    this.#transport = transport;
    this.#leaders = leaders;
    this.#fetcher = fetcher;
  }

  /** The record that says so of a commit. */
  static record({ taskId, epoch, positions, state }: TaskCommit, nowMs: number): EncodedBatch {
    const key = bytesToByteString(encoder.encode(taskId));
    return encodeBatch([{ key, value: JSON.stringify({ epoch, positions, state }), timestamp: nowMs }]);
  }

  /** The record that says that a task has committed nothing, which it is after a reset. */
  static nothing(taskId: TaskId, nowMs: number): EncodedBatch {
    return encodeBatch([{ key: bytesToByteString(encoder.encode(taskId)), value: null, timestamp: nowMs }]);
  }

  /** Waits for transactions that are about to change it. */
  async committed(application: string, taskId: TaskId): Promise<CommittedTask | null> {
    const at = taskPartition(application, taskId);
    if (at === null || (await this.#leaders.existing([at])).length === 0) return null;
    const offset = await this.#committedOffset(application, at);
    // Brokers forget the positions of a group that has had no members for a week; the records stay.
    if (offset < 0) return (await this.#last(at))?.task ?? null;
    if (offset === 0) return null;
    const found = await this.#fetcher.at(at.topic, at.partition, offset - 1).catch(missingRecord);
    for (const batch of found?.batches ?? []) {
      for (let index = 0; index < batch.count; index++) {
        const value = batch.offset(index) === offset - 1 ? batch.value(index) : null;
        if (value !== null) return JSON.parse(decoder.decode(value)) as CommittedTask;
      }
    }
    // Without transactions, a later record that was written before a crash, and is none of a commit, may have made brokers remove it.
    const last = await this.#last(at);
    if (last !== null && last.offset >= offset) return last.task;
    throw new LogError(
      'corrupt',
      `The state of task ${taskId} is missing at offset ${offset - 1} of ${at.topic}-${at.partition}. Records of that topic must not be removed; reset the pipeline to go on.`,
    );
  }

  /** The last record of a task's partition that is not of an aborted transaction; null when there is none. */
  async #last(at: TopicPartition): Promise<{ readonly offset: number; readonly task: CommittedTask | null } | null> {
    const [[start = 0], [end = 0]] = await Promise.all([
      this.#fetcher.offsets([at], 'earliest'),
      this.#fetcher.offsets([at], 'latest'),
    ]);
    for (let look = firstLook; ; look *= 4) {
      const from = Math.max(start, end - look);
      let found: { readonly offset: number; readonly value: Uint8Array | null } | null = null;
      for (let offset = from; offset < end; ) {
        const [result] = await this.#fetcher.read([{ ...at, offset }], lookOptions);
        if (result === undefined || result.nextOffset <= offset) break;
        for (const batch of result.batches) {
          found = { offset: batch.offset(batch.count - 1), value: batch.value(batch.count - 1) };
        }
        offset = result.nextOffset;
      }
      if (found !== null) {
        const { offset, value } = found;
        return { offset, task: value === null ? null : (JSON.parse(decoder.decode(value)) as CommittedTask) };
      }
      if (from <= start) return null;
    }
  }

  async #committedOffset(group: string, at: TopicPartition): Promise<number> {
    const body = encodeOffsetFetch(group, [at]);
    return withRetries(
      async () => {
        const node = await this.#transport.coordinator('group', group);
        const answer = decodeOffsetFetch(
          await this.#transport.call(node, apiKeys.offsetFetch, offsetFetchVersion, body),
        );
        const action = `read the positions of ${group} at ${this.#transport.address(node)}`;
        assertNoError(answer.error, action, null, { operation: 'DESCRIBE', on: `the group ${group}` });
        const [found] = answer.offsets;
        assertNoError(found?.error ?? 0, action, null, { operation: 'DESCRIBE', on: `the topic ${at.topic}` });
        return found?.offset ?? -1;
      },
      { forMs: stableMs, between: () => this.#transport.forgetCoordinator('group', group) },
    );
  }
}

/** There is no record where there was one: the same as a hole that compaction left. */
function missingRecord(error: unknown): null {
  if (error instanceof LogError && error.code === 'offset-out-of-range') return null;
  throw error;
}
