import { decodeKey, encodeKey, type KeyFormat, KeyFormatError } from '../../../log/key-format.ts';
import type { SourcePosition } from '../../../log/log.ts';
import { partitionFor } from '../../../log/partitioner.ts';
import type { SourceSpec, SubTopology } from '../../../topology/topology.ts';
import { eventTime, PassedOver } from './event-time.ts';
import { ModelFailure } from './model-expression.ts';
import type { End, ModelPipeline } from './model-pipeline.ts';
import type { LogRecord, ModelHeader, ModelRecord, ModelRow } from './model-record.ts';
import type { Operator, Rows, Surroundings } from './operator.ts';
import { written } from './operators/sink-operator.ts';
import { operators } from './operators.ts';
import { TableCache } from './table-cache.ts';
import type { TopicContents } from './topic-contents.ts';
import { departing } from './travelling.ts';

/** Of a queue, how many records in a row. */
export type Run = readonly [queue: number, records: number];

/** What a run of records must have written: a line for each record, by `topic/partition`. */
export type Written = ReadonlyMap<string, readonly string[]>;

/** One task, played by the checker. */
export class ModelTask {
  readonly id: string;
  readonly partition: number;
  readonly #pipeline: ModelPipeline;
  readonly #subTopology: SubTopology;
  readonly #contents: TopicContents;
  readonly #sources: readonly SourceSpec[];
  readonly #offsets: number[];
  /** By queue; null before its first record. */
  readonly #partitionTimes: (number | null)[];
  readonly #operators = new Map<string, Operator>();
  readonly #caches = new Map<string, TableCache>();
  #written = new Map<string, string[]>();
  /** The input records of the commit being played, as changelogs name them. */
  #causes = new Set<string>();
  #current: { readonly source: SourceSpec; readonly record: LogRecord } | null = null;

  constructor(pipeline: ModelPipeline, subTopology: SubTopology, partition: number, contents: TopicContents) {
    this.id = `${subTopology.id}_${partition}`;
    this.partition = partition;
    this.#pipeline = pipeline;
    this.#subTopology = subTopology;
    this.#contents = contents;
    // The queues of a task stand in the order of their topics' names.
    this.#sources = subTopology.sources
      .filter((source) => partition < source.partitions)
      .sort((a, b) => (a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : 0));
    this.#offsets = this.#sources.map(() => 0);
    this.#partitionTimes = this.#sources.map(() => null);
  }

  /** Plays what a commit took, in its order. */
  play(runs: readonly Run[]): { readonly written: Written; readonly causes: ReadonlySet<string> } {
    this.#written = new Map();
    this.#causes = new Set();
    for (const [queue, records] of runs) for (let taken = 0; taken < records; taken++) this.#take(queue);
    // From the first processors to the last, since what one sends may wait again in another.
    for (const { node } of this.#subTopology.processors) {
      this.#caches.get(node)?.flush((record) => this.#emit({ node, port: 'out' }, record));
    }
    return { written: this.#written, causes: this.#causes };
  }

  /** Of two sources that read one topic, the one behind counts. */
  positions(): readonly SourcePosition[] {
    const positions = new Map<string, number>();
    for (const [queue, { topic }] of this.#sources.entries()) {
      const offset = this.#offsets[queue] ?? 0;
      positions.set(topic, Math.min(offset, positions.get(topic) ?? offset));
    }
    return [...positions].map(([topic, offset]) => ({ topic, partition: this.partition, offset }));
  }

  /** Whether everything that there is to read was taken. */
  get isAtEnd(): boolean {
    return this.#sources.every(
      ({ topic }, queue) => this.#offsets[queue] === this.#contents.partition(topic, this.partition).length,
    );
  }

  get hasTaken(): boolean {
    return this.#offsets.some((offset) => offset > 0);
  }

  /** The rows that a node keeps; undefined where it keeps none that the checker knows of. */
  rows(node: string): readonly ModelRow[] | undefined {
    return this.#operator(node).rows?.();
  }

  /** Rows that a node need not keep any more, and may. */
  expired(node: string): readonly ModelRow[] {
    return this.#operator(node).expired?.() ?? [];
  }

  #take(queue: number): void {
    const source = this.#sources[queue];
    if (source === undefined) throw new Error(`Task ${this.id} has no queue ${queue}.`);
    const offset = this.#offsets[queue] ?? 0;
    const record = this.#contents.partition(source.topic, this.partition)[offset];
    if (record === undefined) {
      throw new Error(`Task ${this.id} took ${source.topic}-${this.partition}@${offset}, which was never written.`);
    }
    this.#offsets[queue] = offset + 1;
    this.#causes.add(`${source.topic}-${this.partition}@${offset}`);
    this.#current = { source, record };
    const read = this.#read(queue, source, record);
    if (read !== null) {
      if (source.internal) for (const end of this.#pipeline.readersOf(source.topic)) this.#receive(end, read);
      else this.#receive({ node: source.node, port: 'topic' }, read);
    }
    this.#current = null;
  }

  /** The record as its source gives it; null when it ends there. */
  #read(queue: number, source: SourceSpec, record: LogRecord): ModelRecord | null {
    try {
      const read = decoded(source, record, this.#partitionTimes[queue] ?? null);
      this.#partitionTimes[queue] = Math.max(read.timestamp, this.#partitionTimes[queue] ?? 0);
      return read;
    } catch (error) {
      if (error instanceof PassedOver) return null;
      if (!isFailure(error)) throw error;
      this.#letterOf(source.node, 'in', record.key, record.value, record.timestamp, record.headers);
      return null;
    }
  }

  /** Gives a record to an input, and to the node's error policy if the node fails on it. */
  #receive(end: End, record: ModelRecord): void {
    const { kind } = this.#pipeline.node(end.node);
    try {
      if (kind === 'sink') this.#sink(end.node, record);
      else this.#operator(end.node).receive(record, end.port);
    } catch (error) {
      if (!isFailure(error)) throw error;
      // An answer to a left row is part of the work on it.
      const input = error instanceof ModelFailure ? error.input : null;
      this.#deadLetter(end.port === 'response' ? { ...end, port: 'left' } : end, input ?? record);
    }
  }

  /** To those who take records where they are, and through the internal topic behind the output to those who do not. */
  #emit(from: End, record: ModelRecord): void {
    const topic = this.#pipeline.topicBehind(from);
    const readers = topic === null ? [] : this.#pipeline.readersOf(topic);
    const isReader = (end: End): boolean => readers.some(({ node, port }) => node === end.node && port === end.port);
    for (const end of this.#pipeline.downstream(from, this.#subTopology))
      if (!isReader(end)) this.#deliver(end, record);
    if (topic === null || (record.key === null && !readers.some((end) => this.#pipeline.keepsNullKeys(end)))) return;
    try {
      this.#writeTo(topic, record);
    } catch (error) {
      if (!isFailure(error)) throw error;
      this.#deadLetter({ node: from.node, port: 'in' }, record);
    }
  }

  /** Through the internal topic in front of the input, or directly. */
  #deliver(end: End, record: ModelRecord): void {
    const topic = this.#pipeline.topicBefore(end);
    if (topic === null) {
      this.#receive(end, record);
      return;
    }
    try {
      for (const departed of departing(this.#pipeline, end, record)) this.#writeTo(topic, departed);
    } catch (error) {
      if (!isFailure(error)) throw error;
      this.#deadLetter(end, record);
    }
  }

  #writeTo(topic: string, record: ModelRecord): void {
    const sink = this.#subTopology.sinks.find((candidate) => candidate.topic === topic);
    if (sink === undefined) throw new Error(`Task ${this.id} does not write ${topic}.`);
    this.#write(sink, { ...record, window: null });
  }

  #sink(node: string, record: ModelRecord): void {
    const sink = this.#subTopology.sinks.find(({ id }) => id === node);
    if (sink === undefined) throw new Error(`Task ${this.id} has no sink ${node}.`);
    const isTable = this.#pipeline.shapeOf(this.#pipeline.upstream({ node, port: 'in' })) === 'table';
    const made = written(this.#pipeline.node(node).config, record, isTable);
    this.#write(sink, made.record, made.partition);
  }

  #write(
    sink: { readonly topic: string; readonly partitions: number; readonly keyFormat: KeyFormat },
    { key, value, timestamp, headers, window }: ModelRecord,
    place: number | null = null,
  ): void {
    const inner = key === null ? null : encodeKey(sink.keyFormat, key);
    const bytes = inner === null || window === null ? inner : encodeKey('json', { key, ...window });
    // Records without a key go by the offset of the record that they come of.
    const partition =
      place ??
      (inner === null ? (this.#current?.record.offset ?? 0) % sink.partitions : partitionFor(inner, sink.partitions));
    this.#line(
      `${sink.topic}/${partition}`,
      lineOf({ key: bytes, value: value === null ? null : JSON.stringify(value), timestamp, headers }),
    );
  }

  #deadLetter({ node, port }: End, record: ModelRecord): void {
    const specs = [...this.#subTopology.processors, ...this.#subTopology.sinks].filter((spec) => spec.node === node);
    const spec = specs.find(({ prepares }) => prepares === port) ?? specs.find(({ id }) => id === node);
    const key = record.key === null ? null : keyBytes(spec?.keyFormat ?? 'json', record.key);
    const value = record.value === null ? null : JSON.stringify(record.value);
    this.#letterOf(node, port, key, value, record.timestamp, record.headers);
  }

  #letterOf(
    node: string,
    port: string,
    key: string | null,
    value: string | null,
    timestamp: number,
    headers: readonly ModelHeader[],
  ): void {
    const current = this.#current;
    if (current === null) throw new Error(`${node} failed outside a record.`);
    if (this.#pipeline.errorPolicy(node) !== 'dead-letter') return;
    const source = `${current.source.topic}-${this.partition}@${current.record.offset}`;
    this.#line(
      `${this.#pipeline.topology.deadLetterTopic}/0`,
      deadLetterLine({ key, value, timestamp, headers }, [node, port, source]),
    );
  }

  #line(at: string, line: string): void {
    const lines = this.#written.get(at);
    if (lines === undefined) this.#written.set(at, [line]);
    else lines.push(line);
  }

  #operator(node: string): Operator {
    let operator = this.#operators.get(node);
    if (operator === undefined) {
      const { kind } = this.#pipeline.node(node);
      const maker = operators[kind];
      if (maker === undefined) throw new Error(`The checker knows no node kind ${kind}.`);
      operator = maker(this.#around(node));
      this.#operators.set(node, operator);
    }
    return operator;
  }

  /** What the topic of a source has, partition by partition, as far as it can be read. */
  #everything(node: string): readonly ModelRecord[] {
    const source = this.#pipeline.topology.globalTables.find((table) => table.source.node === node)?.source;
    if (source === undefined) return [];
    const records = Array.from({ length: source.partitions }, (_, at) => this.#contents.partition(source.topic, at));
    return records.flat().flatMap((record) => {
      try {
        return [decoded(source, record, null)];
      } catch (error) {
        if (!isFailure(error)) throw error;
        return [];
      }
    });
  }

  #around(node: string): Surroundings {
    const pipeline = this.#pipeline;
    const cache = pipeline.isCached(node) ? new TableCache() : null;
    if (cache !== null) this.#caches.set(node, cache);
    const upstream = (port: string) => pipeline.upstream({ node, port });
    const table = (port: string): Rows => {
      const found = this.#operator(upstream(port).node).table;
      if (found === undefined) throw new Error(`Nothing tells the rows at ${node}.${port}.`);
      return found;
    };
    return {
      config: pipeline.node(node).config,
      shape: (port) => pipeline.shapeOf(upstream(port)),
      rows: (port) => ({
        get: (key, window) => table(port).get(key, window),
        asOf: (key, timestamp) => table(port).asOf?.(key, timestamp),
      }),
      historyMs: (port) => pipeline.historyMs(upstream(port)),
      windowCloseMs: (port) => pipeline.windowCloseMs(upstream(port)),
      emit: (record, port = 'out') => {
        if (cache === null) this.#emit({ node, port }, record);
        else cache.put(record);
      },
      everything: () => this.#everything(node),
      send: (role, record) => this.#writeTo(pipeline.topicOf(node, role), record),
      isNeeded: pipeline.isNeeded(node),
      wantsOld: pipeline.wantsOld(node),
    };
  }
}

/** A record as a line that is equal for equal records, however their JSON is written. */
export function lineOf({ key, value, timestamp, headers }: Omit<LogRecord, 'offset'>): string {
  return JSON.stringify([key, value === null ? null : canonical(value), timestamp, headers]);
}

const deadLetterPrefix = 'millrace.';

/** The same for a dead letter: of its own headers those that tell where it comes from; wordings are the engine's. */
export function deadLetterLine(
  { key, value, timestamp, headers }: Omit<LogRecord, 'offset'>,
  origin?: readonly string[],
): string {
  const own = new Map(headers.filter(([name]) => name.startsWith(deadLetterPrefix)));
  const from = origin ?? ['node', 'port', 'source'].map((name) => own.get(`${deadLetterPrefix}${name}`));
  return JSON.stringify([
    key,
    value === null ? null : canonical(value),
    timestamp,
    headers.filter(([name]) => !name.startsWith(deadLetterPrefix)),
    from,
  ]);
}

function canonical(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return text;
  }
}

/** @throws ModelFailure when it cannot be read */
function decoded(source: SourceSpec, record: LogRecord, partitionTime: number | null): ModelRecord {
  const key = record.key === null ? null : decodeKey(source.keyFormat, record.key);
  const value = record.value === null ? null : parsed(record.value);
  const timestamp = eventTime(source, key, value, record, partitionTime);
  return { key, value, timestamp, headers: record.headers, window: null, old: undefined, isLatest: true };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ModelFailure('not JSON');
  }
}

function keyBytes(format: KeyFormat, key: unknown): string {
  try {
    return encodeKey(format, key);
  } catch (error) {
    if (!(error instanceof KeyFormatError)) throw error;
    return encodeKey('json', key);
  }
}

function isFailure(error: unknown): boolean {
  return error instanceof ModelFailure || error instanceof KeyFormatError;
}
