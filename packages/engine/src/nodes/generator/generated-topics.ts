import { assert } from '../../assert.ts';
import type { ReadRequest, ReadResult } from '../../log/log.ts';
import { decidedRead } from '../../log/read-result.ts';
import { RecordBatch } from '../../log/record-batch.ts';
import { encodeBatch, type ProducedRecord } from '../../log/record-batch-builder.ts';
import type { RecordedRun } from '../../run/recorded-run.ts';
import type { Topology } from '../../topology/topology.ts';
import { generatorConfig } from './generator-config.ts';
import { RecordMaker, shareOf } from './record-maker.ts';

/** Records that one read makes of a partition, at the most. */
const recordsPerRead = 1000;

/** Of a generator without an end, a recorded run takes so many records of each partition unless it is told another number. */
export const defaultGeneratedRecords = 10_000;

/**
 * The generators of a topology, read like topics that grow by themselves. No log knows these topics: a record is made when it is read, and
 * a partition's end is how far the generator would be by now. That is counted from where the partition was first read, which after a
 * restart is the last commit, so a pipeline that stood still does not hurry to catch up.
 */
export class GeneratedTopics {
  readonly #makers: ReadonlyMap<string, RecordMaker>;
  readonly #nodes: ReadonlyMap<string, string>;
  readonly #begun = new Map<string, { readonly offset: number; readonly atMs: number }>();

  constructor(topology: Topology) {
    const sources = topology.subTopologies.flatMap((part) => part.sources);
    this.#nodes = new Map(sources.map(({ topic, node }) => [topic, node]));
    this.#makers = new Map(
      sources.flatMap(({ topic, generator }) =>
        generator === undefined ? [] : [[topic, new RecordMaker(generatorConfig.parse(generator))] as const],
      ),
    );
  }

  /** Whether no log has this topic, since it is generated. */
  has(topic: string): boolean {
    return this.#makers.has(topic);
  }

  /** The generators, each with its node's id and whether it goes on without end. */
  topics(): readonly { readonly topic: string; readonly node: string; readonly isEndless: boolean }[] {
    return [...this.#makers].map(([topic, { config }]) => ({
      topic,
      node: this.#nodes.get(topic) ?? topic,
      isEndless: config.count === 0,
    }));
  }

  /** What a partition has by now, from the offset asked for. `nowMs`: any clock that advances with the wall clock. */
  read(request: ReadRequest, nowMs: number): ReadResult {
    const { topic, partition, offset } = request;
    const maker = this.#maker(topic);
    const last = maker.countOf(partition);
    const { perSecond } = maker.config;
    // Without a rate the end is always out of reach.
    const due = perSecond === 0 ? offset + 2 * recordsPerRead : this.#due(request, maker, nowMs);
    const endOffset = Math.max(Math.min(last, offset), Math.min(last, due));
    const count = Math.max(0, Math.min(endOffset - offset, recordsPerRead));
    const batches =
      count === 0 ? [] : [new RecordBatch(encodeBatch(recordsOf(maker, partition, offset, count)).bytes, offset)];
    return decidedRead(request, batches, { startOffset: 0, endOffset });
  }

  /** How long until a partition that was read to its end has another record; null when it never will. */
  dueInMs(request: ReadRequest, nowMs: number): number | null {
    const maker = this.#maker(request.topic);
    if (request.offset >= maker.countOf(request.partition)) return null;
    const { perSecond, partitions } = maker.config;
    if (perSecond === 0) return 0;
    const begun = this.#beginning(request, nowMs);
    const number = (request.offset - begun.offset) * partitions + request.partition;
    return Math.max(0, begun.atMs + Math.ceil(((number + 1) * 1000) / perSecond) - nowMs);
  }

  /**
   * Puts the records of all generators into a run over recorded topics: of each partition all, or `limit` where that is given and less. An
   * endless generator gives {@link defaultGeneratedRecords} without a limit. Gives how many records that are.
   */
  pipeInto(run: Pick<RecordedRun, 'pipe'>, limit: number | null = null): number {
    let piped = 0;
    for (const [topic, maker] of this.#makers) {
      for (let partition = 0; partition < maker.config.partitions; partition++) {
        const count = maker.countOf(partition);
        const wanted = limit ?? (count === Number.POSITIVE_INFINITY ? defaultGeneratedRecords : count);
        for (let from = 0; from < Math.min(count, wanted); from += recordsPerRead) {
          const records = [
            ...recordsOf(maker, partition, from, Math.min(recordsPerRead, Math.min(count, wanted) - from)),
          ];
          run.pipe(topic, partition, records);
          piped += records.length;
        }
      }
    }
    return piped;
  }

  /** The end of a partition if nobody held it up. */
  #due(request: ReadRequest, maker: RecordMaker, nowMs: number): number {
    const begun = this.#beginning(request, nowMs);
    const { perSecond, partitions } = maker.config;
    const made = Math.floor((Math.max(0, nowMs - begun.atMs) * perSecond) / 1000);
    return begun.offset + shareOf(made, request.partition, partitions);
  }

  #beginning(
    { topic, partition, offset }: ReadRequest,
    nowMs: number,
  ): { readonly offset: number; readonly atMs: number } {
    const name = `${topic}/${partition}`;
    let begun = this.#begun.get(name);
    if (begun === undefined) {
      begun = { offset, atMs: nowMs };
      this.#begun.set(name, begun);
    }
    return begun;
  }

  #maker(topic: string): RecordMaker {
    const maker = this.#makers.get(topic);
    assert(maker !== undefined, `the topic ${topic} is not generated`);
    return maker;
  }
}

function* recordsOf(maker: RecordMaker, partition: number, from: number, count: number): Iterable<ProducedRecord> {
  for (let index = from; index < from + count; index++) yield maker.record(partition, index);
}
