import { describe, expect, it } from 'vitest';
import type { ReadOptions, ReadRequest, ReadResult } from '../../log/log.ts';
import { MemoryLog } from '../../log/memory-log.ts';
import { type Disk, MemoryWorker } from '../../testing/memory-worker.ts';
import { sketch } from '../../testing/pipeline-sketch.ts';
import { planTopology } from '../../topology/plan-topology.ts';
import { topicCatalogue } from '../../topology/topic-catalogue.ts';
import { defaultGeneratedRecords, GeneratedTopics } from './generated-topics.ts';

const topic = 'p-made-generator';

function topics(settings: object): GeneratedTopics {
  const pipeline = sketch(
    'p',
    {
      made: ['generator', { fields: [{ name: 'n', kind: 'sequence' }], ...settings }],
      out: ['sink', { topic: 'out' }],
    },
    ['made > out'],
  );
  return new GeneratedTopics(planTopology(pipeline, topicCatalogue([])));
}

function numbers({ batches }: ReadResult): readonly number[] {
  return batches.flatMap((batch) =>
    Array.from({ length: batch.count }, (_, index) => {
      const value = batch.value(index);
      return JSON.parse(new TextDecoder().decode(value ?? new Uint8Array())).n as number;
    }),
  );
}

describe('a generated topic', () => {
  it('is known by its name, and no other is', () => {
    expect(topics({}).has(topic)).toBe(true);
    expect(topics({}).has('out')).toBe(false);
  });

  it('grows with the clock, from the first read on', () => {
    const generated = topics({ perSecond: 4 });
    const at = (offset: number, nowMs: number) => generated.read({ topic, partition: 0, offset }, nowMs);
    expect(at(0, 50_000)).toMatchObject({ topic, partition: 0, batches: [], endOffset: 0, startOffset: 0 });
    expect(numbers(at(0, 51_000))).toEqual([0, 1, 2, 3]);
    expect(numbers(at(2, 51_000))).toEqual([2, 3]);
    expect(numbers(at(4, 51_250))).toEqual([4]);
    expect(generated.dueInMs({ topic, partition: 0, offset: 5 }, 51_250)).toBe(250);
  });

  it('goes on after a restart where the last commit stood, without catching up', () => {
    const again = topics({ perSecond: 4 });
    expect(again.read({ topic, partition: 0, offset: 100 }, 90_000).endOffset).toBe(100);
    expect(numbers(again.read({ topic, partition: 0, offset: 100 }, 90_500))).toEqual([100, 101]);
  });

  it('deals its rate to its partitions in turn', () => {
    const generated = topics({ perSecond: 10, partitions: 4 });
    const ends = (nowMs: number) =>
      [0, 1, 2, 3].map((partition) => generated.read({ topic, partition, offset: 0 }, nowMs).endOffset);
    expect(ends(0)).toEqual([0, 0, 0, 0]);
    expect(ends(1000)).toEqual([3, 3, 2, 2]);
    expect(numbers(generated.read({ topic, partition: 1, offset: 0 }, 1000))).toEqual([1, 5, 9]);
    expect(generated.dueInMs({ topic, partition: 2, offset: 2 }, 1000)).toBe(100);
  });

  it('ends with its last record', () => {
    const generated = topics({ perSecond: 1000, count: 3 });
    generated.read({ topic, partition: 0, offset: 0 }, 0);
    expect(generated.read({ topic, partition: 0, offset: 0 }, 60_000)).toMatchObject({ endOffset: 3 });
    expect(generated.read({ topic, partition: 0, offset: 3 }, 60_000)).toMatchObject({ batches: [], endOffset: 3 });
    expect(generated.dueInMs({ topic, partition: 0, offset: 3 }, 60_000)).toBe(null);
  });

  it('without a rate always has more, until its last record', () => {
    const generated = topics({ perSecond: 0, count: 1500 });
    const first = generated.read({ topic, partition: 0, offset: 0 }, 0);
    expect(numbers(first)).toHaveLength(1000);
    expect(first.endOffset).toBe(1500);
    expect(numbers(generated.read({ topic, partition: 0, offset: 1000 }, 0))).toHaveLength(500);
    expect(topics({ perSecond: 0 }).read({ topic, partition: 0, offset: 5000 }, 0).endOffset).toBeGreaterThan(6000);
  });

  it('gives a recorded run all its records, or as many as it says', () => {
    const piped: string[] = [];
    const run = {
      pipe: (name: string, partition: number, records: readonly unknown[]) =>
        void piped.push(`${name}/${partition} ${records.length}`),
    };
    expect(topics({ count: 2500, partitions: 2 }).pipeInto(run)).toBe(2500);
    expect(piped).toEqual([`${topic}/0 1000`, `${topic}/0 250`, `${topic}/1 1000`, `${topic}/1 250`]);
    expect(topics({ count: 2500, partitions: 2 }).pipeInto(run, 3)).toBe(6);
    expect(topics({ partitions: 2 }).pipeInto(run)).toBe(2 * defaultGeneratedRecords);
  });
});

/** A log beside which generators are read, as a worker reads them. */
class LogWithGenerators extends MemoryLog {
  readonly #generated: GeneratedTopics;
  constructor(generated: GeneratedTopics) {
    super();
    this.#generated = generated;
  }

  override async read(requests: readonly ReadRequest[], options: ReadOptions): Promise<readonly ReadResult[]> {
    const [first] = requests;
    if (first === undefined || !this.#generated.has(first.topic)) return super.read(requests, options);
    return requests.map((request) => this.#generated.read(request, 0));
  }
}

describe('a worker that reads generated topics', () => {
  it('goes on after a crash where its last commit stood, with no record missing and none twice', async () => {
    const pipeline = sketch(
      'p',
      {
        made: ['generator', { fields: [{ name: 'n', kind: 'sequence' }], perSecond: 0, count: 3500, partitions: 2 }],
        out: ['sink', { topic: 'out', partitions: 1 }],
      },
      ['made > out'],
    );
    const topology = planTopology(pipeline, topicCatalogue([]));
    const log = new LogWithGenerators(new GeneratedTopics(topology));
    const disk: Disk = new Map();
    const first = await MemoryWorker.start(log, topology, disk);
    await first.read();
    first.group.process(1200);
    await first.commit();
    first.group.process(300); // Lost with the worker.
    const second = await MemoryWorker.start(log, topology, disk);
    await second.drain();
    const [result] = await log.read([{ topic: 'out', partition: 0, offset: 0 }], {
      maxBytesPerPartition: 10_000_000,
      maxWaitMs: 0,
    });
    const written = result === undefined ? [] : numbers(result);
    expect(written.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 3500 }, (_, n) => n));
    expect((await log.topics()).map(({ name }) => name)).not.toContain(topic);
  });
});
