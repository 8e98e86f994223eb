import { describe, expect, it } from 'vitest';
import { sketch } from '../testing/pipeline-sketch.ts';
import { untypedTopic } from '../testing/topology-test-driver.ts';
import { changelogStages } from './changelog-stages.ts';
import { planTopology } from './plan-topology.ts';
import { topicCatalogue } from './topic-catalogue.ts';

describe('the stages in which changelogs become durable', () => {
  it('begin with the last stores of each sub-topology, and with the index of what is found by one', () => {
    const count = { aggregations: [{ name: 'n', function: 'count' }] };
    const pipeline = sketch(
      'p',
      {
        s: ['source', { topic: 't' }],
        once: ['dedupe', {}],
        counts: ['aggregate', count],
        late: ['suppress', { waitMs: 1 }],
        again: ['aggregate', { ...count, by: 'string(value.n)' }],
        o: ['sink', { topic: 'out' }],
      },
      ['s > once', 'once > counts', 'counts > late', 'late > again', 'again > o'],
    );
    const topology = planTopology(pipeline, topicCatalogue([untypedTopic('t', 2), untypedTopic('out', 2)]));
    expect(changelogStages(topology)).toEqual([
      ['p-late-index-changelog', 'p-again-store-changelog'],
      ['p-late-store-changelog'],
      ['p-counts-store-changelog'],
      ['p-once-store-changelog'],
    ]);
  });

  it('are none where nothing is kept', () => {
    const pipeline = sketch('p', { s: ['source', { topic: 't' }], o: ['sink', { topic: 'out' }] }, ['s > o']);
    expect(changelogStages(planTopology(pipeline, topicCatalogue([untypedTopic('t')])))).toEqual([]);
  });
});
