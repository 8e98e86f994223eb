import { decodeKey, encodeKey } from '../../log/key-format.ts';
import type { Counters } from '../../metrics/fates.ts';
import { processors } from '../../nodes/processors.ts';
import type { Pipeline } from '../../pipeline/document.ts';
import { RecordedRun, type WrittenRecord } from '../../run/recorded-run.ts';
import type { StoreRow } from '../../state/store-query.ts';
import { planTopology } from '../../topology/plan-topology.ts';
import { topicCatalogue } from '../../topology/topic-catalogue.ts';
import type { SinkSpec, Topology } from '../../topology/topology.ts';
import type { Emission } from './emission-line.ts';
import type { TranslatedCase } from './translate-case.ts';

/** Values that begin so stand in cases for bytes that cannot be read. */
const unreadable = /^!!bad/;
const strictUtf8 = new TextDecoder('utf-8', { fatal: true });

/** A case's pipeline while it runs: real plan, real tasks, a wall clock that stands still until it is moved. */
export class CaseRun {
  readonly emissions: Emission[] = [];
  readonly #translated: TranslatedCase;
  readonly #topology: Topology;
  readonly #run: RecordedRun;
  readonly #sinks: ReadonlyMap<string, SinkSpec>;
  #input = 0;
  #wallClockMs = 0;

  constructor(pipeline: Pipeline, translated: TranslatedCase) {
    this.#translated = translated;
    this.#topology = planTopology(pipeline, topicCatalogue(translated.topics));
    this.#sinks = new Map(
      this.#topology.subTopologies.flatMap(({ sinks }) =>
        sinks.filter(({ internal }) => !internal).map((sink) => [sink.topic, sink] as const),
      ),
    );
    this.#run = new RecordedRun(this.#topology, processors, (record) => this.#take(record));
    this.#run.advanceWallClock(this.#wallClockMs);
  }

  /** One input of the case, and what it causes. @throws what the task throws */
  take(index: number, input: { readonly [name: string]: unknown }, commits: boolean): void {
    this.#input = index;
    if (typeof input.advanceWallClockMs === 'number') {
      this.#wallClockMs += input.advanceWallClockMs;
      this.#run.advanceWallClock(this.#wallClockMs);
    }
    if (typeof input.topic === 'string') this.#pipe(input.topic, input);
    if (commits || input.commit === true) this.#run.commit();
  }

  /** What Kafka Streams counts in `dropped-records`: a record that its handler passes over is counted there, with us it has failed. */
  get droppedRecords(): number {
    const all: readonly Counters[] = [...this.#run.counters().values()];
    return all.reduce((sum, { dropped, droppedWindows, failed }) => sum + dropped + droppedWindows + failed, 0);
  }

  /** The rows of the store that a node keeps; null when it keeps none. */
  rows(node: string): readonly StoreRow[] | null {
    const store = this.#topology.stores.find((candidate) => candidate.node === node);
    return store === undefined ? null : this.#run.rows(store);
  }

  #pipe(topic: string, input: { readonly [name: string]: unknown }): void {
    const known = this.#translated.topics.find(({ name }) => name === topic);
    const key = input.key ?? null;
    const value = input.value ?? null;
    const headers = Object.entries((input.headers ?? {}) as { readonly [name: string]: string | null });
    this.#run.pipe(topic, 0, [
      {
        key: key === null ? null : encodeKey(known?.keyFormat ?? 'string', key),
        value: value === null ? null : valueBytes(value),
        timestamp: Number(input.ts),
        headers: headers.map(([name, text]) => ({
          name,
          value: text === null ? null : new TextEncoder().encode(text),
        })),
      },
    ]);
    while (this.#run.step()) {
      // One input is one step; a topic that two nodes read takes one for each.
    }
  }

  #take(record: WrittenRecord): void {
    const spec = this.#sinks.get(record.topic);
    const sink = this.#translated.sinks.find(({ topic }) => topic === record.topic);
    if (spec === undefined || sink === undefined) return;
    const isWindowed = spec.keyEncoding !== 'plain';
    const key = record.key === null ? null : decodeKey(isWindowed ? 'json' : spec.keyFormat, record.key);
    const windowed = isWindowed
      ? (key as { readonly key: unknown; readonly start: number; readonly end: number })
      : null;
    this.emissions.push({
      after: this.#input,
      sink: sink.name,
      key: windowed === null ? key : windowed.key,
      value: record.value === null ? null : JSON.parse(textOf(record.value)),
      ts: record.timestamp,
      window: windowed === null ? null : { start: windowed.start, end: windowed.end },
      headers: sink.comparesHeaders
        ? Object.fromEntries(
            (record.headers ?? []).map(({ name, value }) => [name, value === null ? null : textOf(value)]),
          )
        : null,
    });
  }
}

function valueBytes(value: unknown): string | Uint8Array {
  return typeof value === 'string' && unreadable.test(value) ? new Uint8Array([0xff]) : JSON.stringify(value);
}

function textOf(value: string | Uint8Array): string {
  return typeof value === 'string' ? value : strictUtf8.decode(value);
}
