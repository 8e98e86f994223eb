import { describe, expect, it } from 'vitest';
import { sketch } from '../../testing/pipeline-sketch.ts';
import { TopologyTestDriver, untypedTopic } from '../../testing/topology-test-driver.ts';

function sessions(config: object): TopologyTestDriver {
  const nodes = {
    s: ['source', { topic: 't' }],
    a: [
      'aggregate',
      { window: 'session', windowMs: 2, graceMs: 5, aggregations: [{ name: 'n', function: 'count' }], ...config },
    ],
    o: ['sink', { topic: 'out' }],
  } as const;
  return new TopologyTestDriver(sketch('p', nodes, ['s > a', 'a > o']), [untypedTopic('t'), untypedTopic('out')]);
}

const outputs = (driver: TopologyTestDriver) =>
  driver.read('out', 'json').map(({ key, value }) => {
    const { key: inner, start, end } = key as { key: string; start: number; end: number };
    return [inner, start, end, (value as { n: number } | null)?.n ?? null];
  });

describe('a session that is further back than the retention', () => {
  it('is not found by a record that comes near it, however the store is divided', () => {
    // The least retention: the gap and the grace, 7.
    const driver = sessions({ retentionMs: 1 });
    driver.pipe('t', { key: 'a', value: 1, timestamp: 105 });
    driver.pipe('t', { key: 'b', value: 1, timestamp: 113 });
    outputs(driver);
    driver.pipe('t', { key: 'a', value: 1, timestamp: 106 });
    expect(outputs(driver)).toEqual([['a', 106, 106, 1]]);
  });
});
