import { Draft } from './draft.ts';
import type { Random } from './random.ts';
import { randomRecords } from './random-records.ts';
import type { Scenario } from './scenario.ts';
import type { Shape } from './shapes/shape.ts';
import { shapes } from './shapes/shapes.ts';

type Drawn = Pick<Scenario, 'shape' | 'pipeline' | 'topics' | 'orderFreedom' | 'before' | 'inputs'>;

/** A pipeline of one of the shapes, and records for it. */
export function randomPipeline(random: Random): Drawn {
  return pipelineOfShape(random.pick(shapes), random);
}

export function pipelineOfShape(shape: Shape, random: Random): Drawn {
  const draft = new Draft(random.fork('draft'));
  const orderFreedom = shape.draw(draft);
  const records = random.fork('records');
  const most = records.pick([10, 60, 200]);
  const early = draft.topics.filter(({ isBefore }) => isBefore);
  const later = draft.topics.filter(({ isBefore }) => !isBefore);
  return {
    shape: shape.name,
    pipeline: draft.pipeline(),
    topics: draft.catalogue(),
    orderFreedom,
    before: randomRecords(records.fork('before'), draft, early, 20),
    inputs: randomRecords(records.fork('inputs'), draft, later, most),
  };
}
