import type { PipelineSettings } from '../pipeline/pipeline-settings.ts';
import { sketch } from './pipeline-sketch.ts';
import { TopologyTestDriver, untypedTopic } from './topology-test-driver.ts';

/** `[key, start, end, value, timestamp]`. */
export type WindowedResult = readonly [unknown, number, number, unknown, number];

/** An aggregate between the topics `t` and `out`; for tests. */
export function aggregateDriver(config: object, settings: Partial<PipelineSettings> = {}): TopologyTestDriver {
  const nodes = {
    s: ['source', { topic: 't' }],
    a: ['aggregate', { aggregations: [{ name: 'n', function: 'count' }], ...config }],
    o: ['sink', { topic: 'out' }],
  } as const;
  return new TopologyTestDriver(sketch('p', nodes, ['s > a', 'a > o'], settings), [
    untypedTopic('t'),
    untypedTopic('out'),
  ]);
}

/** What came out since the last call; of results that are one number `n`, that. */
export function windowedResults(driver: TopologyTestDriver): readonly WindowedResult[] {
  return driver.read('out', 'json').map(({ key, value, timestamp }) => {
    const { key: inner, start, end } = key as { key: unknown; start: number; end: number };
    return [inner, start, end, short(value), timestamp];
  });
}

/** The rows of the aggregate's store, by key and start. */
export function windowedRows(driver: TopologyTestDriver): readonly WindowedResult[] {
  return driver
    .rows('p-a-store')
    .map(
      ({ key, window, value, timestamp }): WindowedResult => [
        key,
        window?.start ?? -1,
        window?.end ?? -1,
        short(value),
        timestamp,
      ],
    )
    .sort((left, right) => (String(left[0]) < String(right[0]) ? -1 : left[0] === right[0] ? left[1] - right[1] : 1));
}

function short(value: unknown): unknown {
  return typeof value === 'object' && value !== null && Object.keys(value).join() === 'n'
    ? (value as { n: unknown }).n
    : value;
}
