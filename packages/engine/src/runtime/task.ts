import { assert } from '../assert.ts';
import { JsonValue, putJson } from '../json/json-value.ts';
import type { ByteString } from '../log/byte-string.ts';
import { type NumberedHeader, noHeaders } from '../log/header.ts';
import { encodeKey, type KeyFormat, sortedJsonBytes, WindowedKeyFrame } from '../log/key-format.ts';
import type { CommittedTask, SourcePosition, TaskCommit, TaskId } from '../log/log.ts';
import { partitionFor } from '../log/partitioner.ts';

import type { Fate } from '../metrics/fates.ts';
import { ProcessorCounters, slotOf } from '../metrics/processor-counters.ts';
import type { RecordFailure } from '../metrics/record-failure.ts';
import type { ErrorPolicy } from '../pipeline/document.ts';
import { causeFrom, changelogPrefixes } from '../state/changelog.ts';
import { LayeredStore } from '../state/layered-store.ts';
import type { StoreTable } from '../state/store-table.ts';
import { StreamTime } from '../time/stream-time.ts';
import type { ProcessorSpec, SinkSpec, SubTopology, Target, Topology } from '../topology/topology.ts';
import { deadLetter, type SourceRecord } from './dead-letter.ts';
import type { ProcessorRegistry, Receive } from './processor.ts';
import type { RecordCollector, TopicOutput } from './record-collector.ts';
import { asRecordError, PolicyFailure, type RecordError } from './record-error.ts';
import { RecordQueue } from './record-queue.ts';
import type { StreamRecord, Window } from './stream-record.ts';
import { decodeTaskState, emptyTaskState, encodeTaskState, type TaskState } from './task-state.ts';

const slotIn = slotOf.in;
const slotOut = slotOf.out;
const slotForwarded = slotOf.forwarded;
const slotFiltered = slotOf.filtered;
const slotFailed = slotOf.failed;

const noCause: readonly NumberedHeader[] = [];

/** How many failures are kept for the screen between two looks; all of them are counted and dead-lettered. */
const keptFailures = 20;

export interface TaskOptions {
  readonly topology: Topology;
  readonly subTopology: SubTopology;
  readonly partition: number;
  readonly epoch: number;
  readonly processors: ProcessorRegistry;
  readonly collector: RecordCollector;
  /** The lower half of each of the task's stores, restored up to the last commit. */
  readonly tables: ReadonlyMap<string, StoreTable>;
  readonly committed: CommittedTask | null;
}

/**
 * The unit of work: one partition of one sub-topology. A synchronous state machine: records come in by batches, are taken one at a time in
 * the order of their timestamps, run depth-first through the processors, and everything they cause lies in the stores and the record
 * collector until the next commit. Nothing here awaits, reads a clock or touches a disk.
 */
export class Task {
  readonly id: TaskId;
  readonly subTopology: SubTopology;
  readonly partition: number;
  readonly epoch: number;
  readonly queues: readonly RecordQueue[];
  readonly stores: ReadonlyMap<string, LayeredStore>;
  readonly streamTime = new StreamTime();
  readonly #topology: Topology;
  readonly #collector: RecordCollector;
  readonly #roots: readonly Receive[];
  readonly #sourceCounters: readonly ProcessorCounters[];
  readonly #counters = new Map<string, ProcessorCounters>();
  readonly #operatorTimes = new Map<string, StreamTime>();
  #failures: RecordFailure[] = [];
  #current: RecordQueue | null = null;
  /** The header that names the record being processed as the cause of what changes, in a list of its own. */
  #cause: readonly NumberedHeader[] = noCause;
  readonly #causes: readonly (readonly NumberedHeader[])[];
  /** Which queue gave how many records in a row, since the last commit; a checker replays a task by it. */
  #taken: [queue: number, records: number][] = [];
  #dirty = false;

  constructor(options: TaskOptions) {
    const { subTopology, partition, topology } = options;
    this.id = `${subTopology.id}_${partition}`;
    this.subTopology = subTopology;
    this.partition = partition;
    this.epoch = options.epoch;
    this.#topology = topology;
    this.#collector = options.collector;
    const state: TaskState = options.committed === null ? emptyTaskState : decodeTaskState(options.committed.state);
    if (state.streamTime !== null) this.streamTime.advance(state.streamTime);
    const positions = new Map(options.committed?.positions.map((position) => [positionKey(position), position.offset]));
    // Ties in timestamp go to the lesser topic, then partition: the queues stand in that order.
    const sources = subTopology.sources
      .filter((source) => partition < source.partitions)
      .sort((a, b) => (a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : 0));
    this.queues = sources.map(
      (source) =>
        new RecordQueue(
          source,
          partition,
          Math.max(positions.get(positionKey({ topic: source.topic, partition })) ?? 0, state.ahead[source.id] ?? 0),
        ),
    );
    this.#causes = this.queues.map((queue) => [causeFrom({ topic: queue.source.topic, partition })]);
    this.stores = new Map(
      subTopology.stores.map((name) => [name, this.#openStore(name, options.tables.get(name), state.observed[name])]),
    );
    const inputs = new Map<string, { readonly [port: string]: Receive }>();
    for (const sink of subTopology.sinks) inputs.set(sink.id, { in: this.#sink(sink, this.#count(sink.id, state)) });
    for (const spec of subTopology.processors.toReversed()) {
      inputs.set(spec.id, this.#processor(spec, options.processors, inputs, state));
    }
    this.#sourceCounters = sources.map((source) => this.#count(source.id, state));
    this.#roots = sources.map((source) => fanOut(source.targets, inputs));
  }

  /** Whether the next record may be chosen: no partition is silent that is known to have more. */
  get isReady(): boolean {
    for (const queue of this.queues) if (queue.isEmpty && !queue.isCaughtUp) return false;
    return true;
  }

  /** The timestamp of the record that would be taken next; Infinity when there is none. */
  get headTimestamp(): number {
    let least = Number.POSITIVE_INFINITY;
    for (const queue of this.queues) {
      const timestamp = queue.headTimestamp;
      if (timestamp < least) least = timestamp;
    }
    return least;
  }

  /** Whether anything has happened since the last commit. */
  get isDirty(): boolean {
    return this.#dirty;
  }

  /** Takes the record with the lowest timestamp through the sub-topology. False when there is none. */
  step(): boolean {
    let chosen = -1;
    let least = Number.POSITIVE_INFINITY;
    for (let index = 0; index < this.queues.length; index++) {
      const queue = this.queues[index] as RecordQueue;
      if (queue.isEmpty) continue;
      const timestamp = queue.headTimestamp;
      if (chosen < 0 || timestamp < least) {
        chosen = index;
        least = timestamp;
      }
    }
    if (chosen < 0) return false;
    const queue = this.queues[chosen] as RecordQueue;
    this.#dirty = true;
    this.#current = queue;
    this.#cause = this.#causes[chosen] as readonly NumberedHeader[];
    (this.#cause[0] as NumberedHeader).number = queue.headOffset;
    const run = this.#taken[this.#taken.length - 1];
    if (run !== undefined && run[0] === chosen) run[1]++;
    else this.#taken.push([chosen, 1]);
    const values = (this.#sourceCounters[chosen] as ProcessorCounters).values;
    values[slotIn] = (values[slotIn] as number) + 1;
    const record = queue.headRecord;
    if (record === null) {
      values[slotFailed] = (values[slotFailed] as number) + 1;
      this.#fail(queue.source.node, 'in', queue.source.errorPolicy, queue.source.keyFormat, null, queue.headError);
    } else {
      this.streamTime.advance(record.timestamp);
      values[slotForwarded] = (values[slotForwarded] as number) + 1;
      values[slotOut] = (values[slotOut] as number) + 1;
      (this.#roots[chosen] as Receive)(record);
    }
    queue.next();
    this.#current = null;
    this.#cause = noCause;
    return true;
  }

  /** Moves stream time, the task's and every processor's, to the end of time: every window closes. */
  closeTime(): void {
    this.streamTime.advance(Number.MAX_SAFE_INTEGER);
    for (const time of this.#operatorTimes.values()) time.advance(Number.MAX_SAFE_INTEGER);
  }

  /** Ends the current generation: what the task has to say in the commit. Its records are in the collector already. */
  beginCommit(): TaskCommit {
    for (const store of this.stores.values()) store.beginCommit();
    const positions = this.#positions();
    const state = encodeTaskState(this.#state(positions));
    const journal = JSON.stringify({ epoch: this.epoch, positions, taken: this.#taken });
    this.#collector
      .topic(this.#topology.commitsTopic)
      .send(0, this.id, journal, Math.max(0, this.streamTime.current), noHeaders);
    this.#taken = [];
    this.#dirty = false;
    return { taskId: this.id, epoch: this.epoch, positions, state };
  }

  /** The commit is durable. */
  endCommit(): void {
    for (const store of this.stores.values()) store.endCommit();
  }

  counters(): readonly (readonly [id: string, values: number[]])[] {
    return [...this.#counters].map(([id, counters]) => [id, counters.toArray()] as const);
  }

  /** The stream time of a node's processor in this task, epoch milliseconds; null before its first record. */
  operatorTime(node: string): number | null {
    return finiteOrNull(this.#operatorTimes.get(node)?.current ?? Number.NEGATIVE_INFINITY);
  }

  /** The failures since the last call, newest last. */
  takeFailures(): readonly RecordFailure[] {
    const failures = this.#failures;
    this.#failures = [];
    return failures;
  }

  /** One for each partition: of two sources that read the same, the one behind counts. */
  #positions(): readonly SourcePosition[] {
    const positions = new Map<string, SourcePosition>();
    for (const { source, position } of this.queues) {
      const known = positions.get(source.topic);
      if (known === undefined || position < known.offset) {
        positions.set(source.topic, { topic: source.topic, partition: this.partition, offset: position });
      }
    }
    return [...positions.values()];
  }

  #state(positions: readonly SourcePosition[]): TaskState {
    const isAhead = ({ source, position }: RecordQueue): boolean =>
      positions.some(({ topic, offset }) => topic === source.topic && offset < position);
    return {
      streamTime: finiteOrNull(this.streamTime.current),
      operators: finiteTimes([...this.#operatorTimes].map(([id, time]) => [id, time.current])),
      observed: finiteTimes([...this.stores].map(([name, store]) => [name, store.observed])),
      ahead: Object.fromEntries(this.queues.filter(isAhead).map(({ source, position }) => [source.id, position])),
      counters: Object.fromEntries(this.counters()),
    };
  }

  #count(id: string, state: TaskState): ProcessorCounters {
    const counters = new ProcessorCounters(state.counters[id]);
    this.#counters.set(id, counters);
    return counters;
  }

  #openStore(name: string, table: StoreTable | undefined, observed: number | undefined): LayeredStore {
    const spec = this.#topology.stores.find((store) => store.name === name);
    assert(spec !== undefined && table !== undefined, `task ${this.id} has no store ${name}`);
    const prefixOf = changelogPrefixes(spec);
    const changelog = this.#collector.topic(spec.changelogTopic);
    const append = (segment: number, key: ByteString, value: unknown, timestamp: number): void => {
      const record = changelog.open(this.partition, timestamp, this.#cause);
      record.putKey(prefixOf(segment));
      record.putKey(key);
      if (value !== null) putJson(record, value);
    };
    return new LayeredStore(spec, table, { append }, { observed });
  }

  #processor(
    spec: ProcessorSpec,
    registry: ProcessorRegistry,
    inputs: ReadonlyMap<string, { readonly [port: string]: Receive }>,
    state: TaskState,
  ): { readonly [port: string]: Receive } {
    const factory = Object.hasOwn(registry, spec.processor) ? registry[spec.processor] : undefined;
    assert(factory !== undefined, `no processor is called ${spec.processor}`);
    const counters = this.#count(spec.id, state);
    const values = counters.values;
    const streamTime = new StreamTime();
    const known = state.operators[spec.id];
    if (known !== undefined) streamTime.advance(known);
    this.#operatorTimes.set(spec.id, streamTime);
    const send = fanOut(spec.targets.out ?? [], inputs);
    let named: Fate | null = null;
    const processor = factory({
      spec,
      forward: (record) => {
        values[slotOut] = (values[slotOut] as number) + 1;
        send(record);
      },
      fate: (fate) => {
        named = fate;
      },
      droppedWindow: () => counters.add('droppedWindows'),
      store: (name) => {
        const store = this.stores.get(name);
        assert(store !== undefined, `processor ${spec.id} asks for the store ${name}`);
        return store;
      },
      streamTime,
    });
    const counted = (port: string, receive: Receive): Receive => {
      return (record) => {
        values[slotIn] = (values[slotIn] as number) + 1;
        const outBefore = values[slotOut] as number;
        named = null;
        try {
          receive(record);
        } catch (error) {
          const recordError = asRecordError(error);
          if (recordError === null) throw error;
          values[slotFailed] = (values[slotFailed] as number) + 1;
          this.#fail(spec.node, spec.prepares ?? port, spec.errorPolicy, spec.keyFormat, record, recordError);
          return;
        }
        const slot =
          named !== null
            ? slotOf[named as Fate]
            : (values[slotOut] as number) > outBefore
              ? slotForwarded
              : slotFiltered;
        values[slot] = (values[slot] as number) + 1;
      };
    };
    return Object.fromEntries(
      Object.entries(processor.inputs).map(([port, receive]) => [port, counted(port, receive)]),
    );
  }

  #sink(sink: SinkSpec, counters: ProcessorCounters): Receive {
    const values = counters.values;
    const output = this.#collector.topic(sink.topic);
    const windowedKey = new WindowedKeyFrame();
    return (record) => {
      values[slotIn] = (values[slotIn] as number) + 1;
      try {
        this.#write(sink, output, windowedKey, record);
      } catch (error) {
        const recordError = asRecordError(error);
        if (recordError === null) throw error;
        values[slotFailed] = (values[slotFailed] as number) + 1;
        this.#fail(sink.node, sink.prepares ?? 'in', sink.errorPolicy, sink.keyFormat, record, recordError);
        return;
      }
      values[slotOut] = (values[slotOut] as number) + 1;
      values[slotForwarded] = (values[slotForwarded] as number) + 1;
    };
  }

  /** Everything that can fail comes before the record is begun. */
  #write(sink: SinkSpec, output: TopicOutput, windowedKey: WindowedKeyFrame, record: StreamRecord): void {
    const { value, window } = record;
    const key = record.key === null ? null : encodeKey(sink.keyFormat, record.key);
    // Records without a key spread over the partitions; by offset, so that a replay puts them where they were.
    const partition =
      key === null ? (this.#current?.headOffset ?? 0) % sink.partitions : partitionFor(key, sink.partitions);
    const text = value === null || value instanceof JsonValue ? null : JSON.stringify(value);
    const framed = key === null || sink.keyEncoding === 'plain' || window === null ? null : sortedJsonBytes(record.key);
    const written = output.open(partition, record.timestamp, record.headers);
    if (framed !== null) {
      windowedKey.move(window as Window);
      written.putKey(windowedKey.before);
      written.putKey(framed);
      written.putKey(windowedKey.after);
    } else if (key !== null) {
      written.putKey(key);
    }
    if (text !== null) written.putText(text);
    else if (value instanceof JsonValue) value.writeTo(written);
  }

  /** Deals with a record on which a node failed, as the node's policy says. */
  #fail(
    node: string,
    port: string,
    policy: ErrorPolicy,
    keyFormat: KeyFormat,
    input: StreamRecord | null,
    error: RecordError,
  ): void {
    const source = this.#sourceRecord();
    const failure: RecordFailure = {
      node,
      port,
      code: error.code,
      message: error.message,
      path: [...error.path],
      span: error.span,
      topic: source.topic,
      partition: source.partition,
      offset: source.offset,
      timestamp: input?.timestamp ?? source.timestamp,
      record: input === null ? null : shorten(JSON.stringify({ key: input.key, value: input.value })),
    };
    if (policy === 'fail') {
      throw new PolicyFailure(
        node,
        `${node} stops the pipeline on a failure, and it failed on the record ${source.topic}-${source.partition} @ ${source.offset}: ${error.message.replace(/\.?$/, '.')}`,
      );
    }
    this.#failures.push(failure);
    if (this.#failures.length > keptFailures) this.#failures.shift();
    if (policy === 'dead-letter') {
      const letter = deadLetter(failure, source, input, keyFormat);
      this.#collector
        .topic(this.#topology.deadLetterTopic)
        .send(0, letter.key, letter.value, letter.timestamp, letter.headers ?? noHeaders);
    }
  }

  #sourceRecord(): SourceRecord {
    const queue = this.#current;
    assert(queue !== null, 'a record failed while none was being processed');
    const { batch, index } = queue.headBytes;
    return {
      topic: queue.source.topic,
      partition: this.partition,
      offset: queue.headOffset,
      key: batch.key(index),
      value: batch.value(index),
      timestamp: batch.timestamps[index] ?? 0,
      headers: batch.headers(index),
    };
  }
}

/** One function that gives a record to all targets, in order. */
function fanOut(
  targets: readonly Target[],
  inputs: ReadonlyMap<string, { readonly [port: string]: Receive }>,
): Receive {
  const receives = targets.map((target) => {
    const receive = inputs.get(target.to)?.[target.port];
    assert(receive !== undefined, `nothing is called ${target.to} with an input ${target.port}`);
    return receive;
  });
  const [first, second] = receives;
  if (first === undefined) return () => undefined;
  if (second === undefined) return first;
  return (record) => {
    for (const receive of receives) receive(record);
  };
}

function positionKey(position: { readonly topic: string; readonly partition: number }): string {
  return `${position.topic}-${position.partition}`;
}

function finiteOrNull(time: number): number | null {
  return Number.isFinite(time) ? time : null;
}

function finiteTimes(times: readonly (readonly [string, number])[]): { readonly [name: string]: number } {
  return Object.fromEntries(times.filter(([, time]) => Number.isFinite(time)));
}

function shorten(text: string): string {
  return text.length > 4000 ? `${text.slice(0, 3999)}…` : text;
}
