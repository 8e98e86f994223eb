import type { ProducedRecord } from '../../log/record-batch-builder.ts';
import type { Pipeline } from '../../pipeline/document.ts';
import type { CatalogueTopic } from '../../topology/topic-catalogue.ts';
import { type Fault, randomFaults } from './fault.ts';
import { Random } from './random.ts';
import { randomPipeline } from './random-pipeline.ts';

/** A record that is going to be appended to an input topic. */
export interface InputRecord {
  readonly topic: string;
  readonly partition: number;
  readonly record: ProducedRecord;
}

/** How far the results may depend on the order in which records of different partitions are taken. */
export type OrderFreedom =
  /** They may. */
  | 'none'
  /** What is written with one key comes in one order, and stores end the same. */
  | 'by key'
  /** The same records are written, in whatever order. */
  | 'any order';

/** Everything that decides about a run. Nothing else does, so that a scenario always runs the same way. */
export interface Scenario {
  readonly seed: number;
  /** What the pipeline is made of, in a word or two. */
  readonly shape: string;
  readonly pipeline: Pipeline;
  readonly topics: readonly CatalogueTopic[];
  readonly orderFreedom: OrderFreedom;
  /** In the order in which they are appended; those of `before` come before any worker starts. */
  readonly before: readonly InputRecord[];
  readonly inputs: readonly InputRecord[];
  readonly machines: number;
  readonly faults: readonly Fault[];
  /** The share of commits that the network spoils. */
  readonly lossShare: number;
}

export function randomScenario(seed: number): Scenario {
  const random = new Random(seed);
  const drawn = randomPipeline(random.fork('pipeline'));
  const weather = random.fork('weather');
  const machines = weather.int(1, 4);
  return {
    seed,
    ...drawn,
    machines,
    faults: randomFaults(weather, machines),
    lossShare: weather.pick([0, 0.05, 0.2]),
  };
}
