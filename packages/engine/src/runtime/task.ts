import { assert } from '../assert.ts';
import { putJson } from '../json/json-value.ts';
import { type NumberedHeader, noHeaders } from '../log/header.ts';
import { currentKey } from '../log/key-bytes.ts';
import type { KeyFormat } from '../log/key-format.ts';
import type { CommittedTask, SourcePosition, TaskCommit, TaskId } from '../log/log.ts';

import type { Fate } from '../metrics/fates.ts';
import { ProcessorCounters, slotOf } from '../metrics/processor-counters.ts';
import type { RecordFailure } from '../metrics/record-failure.ts';
import type { ErrorPolicy } from '../pipeline/pipeline-settings.ts';
import { causeFrom, changelogPrefixes } from '../state/changelog.ts';
import { type ChangelogWriter, LayeredStore } from '../state/layered-store.ts';
import type { StoreTable } from '../state/store-table.ts';
import type { TableRows } from '../state/table-rows.ts';
import { StreamTime } from '../time/stream-time.ts';
import type { ProcessorSpec, SinkSpec, SourceSpec, SubTopology, Target, Topology } from '../topology/topology.ts';
import { deadLetter, type SourceRecord } from './dead-letter.ts';
import { GlobalTables } from './global-tables.ts';
import { Idling } from './idling.ts';
import type { NumberCell } from './number-cell.ts';
import type { ProcessorRegistry, Receive } from './processor.ts';
import { Punctuation } from './punctuation.ts';
import type { RecordCollector } from './record-collector.ts';
import { asRecordError, PolicyFailure, type RecordError } from './record-error.ts';
import { RecordQueue } from './record-queue.ts';
import { RecordWriter } from './record-writer.ts';
import type { StreamRecord } from './stream-record.ts';
import { decodeTaskState, emptyTaskState, encodeTaskState, type TaskState } from './task-state.ts';

const slotIn = slotOf.in;
const slotOut = slotOf.out;
const slotForwarded = slotOf.forwarded;
const slotFiltered = slotOf.filtered;
const slotFailed = slotOf.failed;
const slotAbsorbed = slotOf.absorbed;
const slotTimed = slotOf.timed;
const slotDropped = slotOf.dropped;

const noCause: readonly NumberedHeader[] = [];

/** Among the numbers of a source: the greatest event time that its partition has had. */
const partitionTimeName = 'partition-time';

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
  /** The worker's global tables; none where the topology has none. */
  readonly globalTables?: GlobalTables | undefined;
  /** Epoch milliseconds; without a clock the wall clock is stream time. */
  readonly wallClock?: (() => number) | undefined;
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
  readonly #numbers = new Map<string, Map<string, NumberCell>>();
  readonly #rows = new Map<string, TableRows>();
  readonly #globalTables: GlobalTables;
  readonly #wallClock: () => number;
  /** In the order of the processors. */
  #flushes: (() => void)[] = [];
  #punctuations: Punctuation[] = [];
  #closings: { readonly time: StreamTime; readonly close: () => void }[] = [];
  #failures: RecordFailure[] = [];
  #current: RecordQueue | null = null;
  /** Where the current queue stands among all. */
  #chosen = -1;
  /** By queue: the header that names its record as the cause of what changes, in a list of its own. */
  readonly #causes: readonly (readonly NumberedHeader[])[];
  /** Which queue gave how many records in a row, since the last commit; a checker replays a task by it. */
  #taken: [queue: number, records: number][] = [];
  #dirty = false;
  readonly #idling: Idling | null;

  constructor(options: TaskOptions) {
    const { subTopology, partition, topology } = options;
    this.id = `${subTopology.id}_${partition}`;
    this.subTopology = subTopology;
    this.partition = partition;
    this.epoch = options.epoch;
    this.#topology = topology;
    this.#collector = options.collector;
    this.#globalTables = options.globalTables ?? new GlobalTables([]);
    this.#wallClock = options.wallClock ?? (() => Math.max(0, this.streamTime.current));
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
          { wallClock: this.#wallClock, partitionTime: this.#partitionTime(source, state) },
        ),
    );
    const { maxIdleMs } = topology.settings;
    this.#idling = maxIdleMs > 0 ? new Idling(this.queues, maxIdleMs) : null;
    this.#causes = this.queues.map((queue) => [causeFrom({ topic: queue.source.topic, partition })]);
    this.stores = new Map(
      subTopology.stores.map((name) => [name, this.#openStore(name, options.tables.get(name), state.observed[name])]),
    );
    const inputs = new Map<string, { readonly [port: string]: Receive }>();
    for (const sink of subTopology.sinks) inputs.set(sink.id, { in: this.#sink(sink, this.#count(sink.id, state)) });
    for (const spec of subTopology.processors.toReversed()) {
      inputs.set(spec.id, this.#processor(spec, options.processors, inputs, state));
    }
    // Processors were made from the last to the first.
    this.#flushes.reverse();
    this.#punctuations.reverse();
    this.#closings.reverse();
    this.#sourceCounters = sources.map((source) => this.#count(source.id, state));
    this.#roots = sources.map((source) => fanOut(source.targets, inputs));
  }

  /** Whether the next record may be chosen: no partition is silent that is known to have more, where the pipeline waits for such. */
  get isReady(): boolean {
    if (this.#topology.settings.maxIdleMs < 0) return true;
    for (const queue of this.queues) if (queue.isEmpty && !queue.isCaughtUp) return false;
    return true;
  }

  /** How much longer the task waits for partitions that have nothing at the moment, milliseconds; 0 when it may go on. */
  idleMs(nowMs: number): number {
    return this.#idling === null ? 0 : this.#idling.remainingMs(nowMs);
  }

  /** The timestamp of the record that would be taken next; Infinity when there is none. */
  get headTimestamp(): number {
    const { queues } = this;
    let least = Number.POSITIVE_INFINITY;
    for (let index = 0; index < queues.length; index++) {
      const timestamp = (queues[index] as RecordQueue).headTimestamp;
      if (timestamp < least) least = timestamp;
    }
    return least;
  }

  /** Whether anything has happened since the last commit. */
  get isDirty(): boolean {
    return this.#dirty;
  }

  /**
   * Takes the record with the lowest timestamp through the sub-topology, of all sources or of those that read what this topology wrote
   * itself. False when there is none.
   */
  step(from: 'all' | 'internal' = 'all'): boolean {
    const chosen = this.#choose(from);
    if (chosen < 0) return false;
    const queue = this.queues[chosen] as RecordQueue;
    this.#dirty = true;
    this.#current = queue;
    this.#chosen = chosen;
    const run = this.#taken[this.#taken.length - 1];
    if (run !== undefined && run[0] === chosen) run[1]++;
    else this.#taken.push([chosen, 1]);
    const values = (this.#sourceCounters[chosen] as ProcessorCounters).values;
    values[slotIn] = (values[slotIn] as number) + 1;
    const record = queue.headRecord;
    if (record === null) {
      if (queue.isHeadSkipped) {
        values[slotFiltered] = (values[slotFiltered] as number) + 1;
        values[slotDropped] = (values[slotDropped] as number) + 1;
      } else {
        values[slotFailed] = (values[slotFailed] as number) + 1;
        this.#fail(queue.source.node, 'in', queue.source.errorPolicy, queue.source.keyFormat, null, queue.headError);
      }
    } else {
      this.streamTime.advance(record.timestamp);
      values[slotForwarded] = (values[slotForwarded] as number) + 1;
      values[slotOut] = (values[slotOut] as number) + 1;
      (this.#roots[chosen] as Receive)(record);
    }
    queue.next();
    currentKey.forget();
    this.#current = null;
    if (this.#punctuations.length > 0) this.#punctuate('stream-time', this.streamTime.current);
    return true;
  }

  /** Takes records one after the other while the next one comes before `before` and none is waited for. Gives how many, at most `maxRecords`. */
  run(maxRecords: number, before: number): number {
    let taken = 0;
    while (taken < maxRecords && this.step()) {
      taken++;
      if (!this.isReady || this.headTimestamp >= before) break;
    }
    return taken;
  }

  /** Whether partitions that have nothing are waited for, so that it must be asked after each record ({@link Task.idleMs}). */
  get waitsForPartitions(): boolean {
    return this.#idling !== null;
  }

  /** The queue that has the record with the lowest timestamp; -1 when all are empty. */
  #choose(from: 'all' | 'internal'): number {
    const { queues } = this;
    let chosen = -1;
    let least = Number.POSITIVE_INFINITY;
    for (let index = 0; index < queues.length; index++) {
      const queue = queues[index] as RecordQueue;
      if (queue.isEmpty || (from === 'internal' && !queue.source.internal)) continue;
      if (queues.length === 1) return index;
      const timestamp = queue.headTimestamp;
      if (chosen < 0 || timestamp < least) {
        chosen = index;
        least = timestamp;
      }
    }
    return chosen;
  }

  /** What changes now is caused by the record that is being processed; by none outside one. */
  #causeNow(): readonly NumberedHeader[] {
    const queue = this.#current;
    if (queue === null) return noCause;
    const cause = this.#causes[this.#chosen] as readonly NumberedHeader[];
    (cause[0] as NumberedHeader).number = queue.headOffset;
    return cause;
  }

  /** Tells what is scheduled by the wall clock what time it is, epoch milliseconds. */
  advanceWallClock(nowMs: number): void {
    if (this.#punctuations.length > 0) this.#punctuate('wall-clock', nowMs);
  }

  /**
   * Moves stream time, the task's and every processor's, to the end of time, from the first processor to the last: windows close, buffers
   * empty, and what they give reaches those whose time has not ended yet.
   */
  closeTime(): void {
    this.streamTime.advance(Number.MAX_SAFE_INTEGER);
    for (const { time, close } of this.#closings) {
      time.advance(Number.MAX_SAFE_INTEGER);
      this.#dirty = true;
      close();
    }
    for (const time of this.#operatorTimes.values()) time.advance(Number.MAX_SAFE_INTEGER);
  }

  #punctuate(by: 'stream-time' | 'wall-clock', nowMs: number): void {
    for (const punctuation of this.#punctuations) {
      if (punctuation.plan.by !== by) continue;
      if (by === 'wall-clock') punctuation.begin(nowMs);
      if (punctuation.advance(nowMs)) this.#dirty = true;
    }
  }

  /** Ends the current generation: what the task has to say in the commit. Its records are in the collector already. */
  beginCommit(): TaskCommit {
    for (const flush of this.#flushes) flush();
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
      // No log has the topic of a generator: how far it has come is in the task's state.
      if (source.generator !== undefined) continue;
      const known = positions.get(source.topic);
      if (known === undefined || position < known.offset) {
        positions.set(source.topic, { topic: source.topic, partition: this.partition, offset: position });
      }
    }
    return [...positions.values()];
  }

  #state(positions: readonly SourcePosition[]): TaskState {
    const isAhead = ({ source, position }: RecordQueue): boolean =>
      source.generator !== undefined ||
      positions.some(({ topic, offset }) => topic === source.topic && offset < position);
    return {
      streamTime: finiteOrNull(this.streamTime.current),
      operators: finiteTimes([...this.#operatorTimes].map(([id, time]) => [id, time.current])),
      observed: finiteTimes([...this.stores].map(([name, store]) => [name, store.observed])),
      numbers: Object.fromEntries(
        [...this.#numbers].map(([id, cells]) => [
          id,
          finiteTimes([...cells].map(([name, cell]) => [name, cell.value])),
        ]),
      ),
      ahead: Object.fromEntries(this.queues.filter(isAhead).map(({ source, position }) => [source.id, position])),
      counters: Object.fromEntries(this.counters()),
    };
  }

  /** Only where something depends on it; undefined otherwise. */
  #partitionTime({ id, invalidTimestamp }: SourceSpec, state: TaskState): NumberCell | undefined {
    if (invalidTimestamp !== 'partition-time') return undefined;
    const cell = { value: state.numbers[id]?.[partitionTimeName] ?? Number.NaN };
    this.#numbers.set(id, new Map([[partitionTimeName, cell]]));
    return cell;
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
    const append: ChangelogWriter['append'] = (segment, bytes, start, end, value, timestamp) => {
      const record = changelog.open(this.partition, timestamp, this.#causeNow());
      record.putKeyView(prefixOf(segment));
      record.putKeyBytes(bytes, start, end);
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
    const sends = new Map(
      Object.entries(spec.targets).map(([port, targets]) => [port, port === 'out' ? send : fanOut(targets, inputs)]),
    );
    const sendTo = (port: string, record: StreamRecord): void => {
      if (port === 'out') send(record);
      else sends.get(port)?.(record);
    };
    const cells = new Map<string, NumberCell>();
    this.#numbers.set(spec.id, cells);
    const number = (name: string, initial: number): NumberCell => {
      let cell = cells.get(name);
      if (cell === undefined) {
        cell = { value: state.numbers[spec.id]?.[name] ?? initial };
        cells.set(name, cell);
      }
      return cell;
    };
    let punctuations = 0;
    let named: Fate | null = null;
    const processor = factory({
      spec,
      settings: this.#topology.settings,
      forward: (record, port) => {
        values[slotOut] = (values[slotOut] as number) + 1;
        if (port === undefined) send(record);
        else sendTo(port, record);
      },
      forwardTimed: (record, port = 'out') => {
        values[slotTimed] = (values[slotTimed] as number) + 1;
        sendTo(port, record);
      },
      fate: (fate) => {
        named = fate;
      },
      drop: (fate) => {
        named = fate;
        values[slotDropped] = (values[slotDropped] as number) + 1;
      },
      forWaiting: (record, port, work) => {
        try {
          work();
        } catch (error) {
          const recordError = asRecordError(error);
          if (recordError === null) throw error;
          values[slotFailed] = (values[slotFailed] as number) + 1;
          values[slotAbsorbed] = (values[slotAbsorbed] as number) - 1;
          this.#fail(spec.node, spec.prepares ?? port, spec.errorPolicy, spec.keyFormat, record, recordError);
        }
      },
      droppedWindow: () => counters.add('droppedWindows'),
      store: (name) => {
        const store = this.stores.get(name);
        assert(store !== undefined, `processor ${spec.id} asks for the store ${name}`);
        return store;
      },
      streamTime,
      number,
      rows: (port) => this.#rowsOf(spec, port),
      globalTable: (name) => this.#globalTables.rows(name),
      onCommit: (flush) => {
        this.#flushes.push(flush);
      },
      onClose: (close) => {
        this.#closings.push({ time: streamTime, close });
      },
      schedule: (plan, punctuate) => {
        const next = number(`punctuation-${punctuations++}`, Number.NaN);
        this.#punctuations.push(new Punctuation(plan, next, punctuate));
      },
      wallClock: this.#wallClock,
    });
    if (processor.rows !== undefined) this.#rows.set(spec.id, processor.rows);
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

  /** Processors are made from the last to the first, so that what tells the rows is not there yet. */
  #rowsOf(spec: ProcessorSpec, port: string): TableRows {
    const id = spec.rows[port];
    let found: TableRows | undefined;
    const rows = (): TableRows => {
      if (found === undefined) {
        found = id === undefined ? undefined : this.#rows.get(id);
        assert(found !== undefined, `nothing tells the rows at the input ${port} of ${spec.id}`);
      }
      return found;
    };
    return {
      get: (key, window) => rows().get(key, window),
      asOf: (key, timestamp) => rows().asOf?.(key, timestamp),
    };
  }

  #sink(sink: SinkSpec, counters: ProcessorCounters): Receive {
    const values = counters.values;
    const writer = new RecordWriter(sink, this.#collector.topic(sink.topic));
    return (record) => {
      values[slotIn] = (values[slotIn] as number) + 1;
      try {
        writer.write(record, this.#current?.headOffset ?? 0);
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

  /** Deals with a record on which a node failed, as the node's policy says. */
  #fail(
    node: string,
    port: string,
    policy: ErrorPolicy,
    keyFormat: KeyFormat,
    received: StreamRecord | null,
    error: RecordError,
  ): void {
    const input = error.input ?? received;
    if (this.#current === null) {
      throw new PolicyFailure(
        node,
        `${node} failed outside a record, where windows close, caches are flushed or the clock strikes: ${error.message}`,
      );
    }
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
