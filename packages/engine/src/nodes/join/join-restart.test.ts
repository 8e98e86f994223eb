import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sketch } from '../../testing/pipeline-sketch.ts';
import { RestartingDriver } from '../../testing/restarting-driver.ts';
import { TopologyTestDriver, untypedTopic } from '../../testing/topology-test-driver.ts';

const topics = [untypedTopic('l'), untypedTopic('r'), untypedTopic('out')];

const records = fc.array(
  fc.record({
    topic: fc.constantFrom('l', 'r'),
    key: fc.constantFrom('a', 'b', null),
    isTombstone: fc.boolean(),
    // Mostly onward, sometimes back.
    step: fc.integer({ min: -30, max: 60 }),
  }),
  { minLength: 20, maxLength: 40 },
);

describe('over restarts a join gives the same', () => {
  const table = { readAs: 'table' };
  it.each([
    ['two streams, outer', {}, {}, { type: 'outer', beforeMs: 20, afterMs: 30, graceMs: 10 }],
    ['two streams, left', {}, {}, { type: 'left', beforeMs: 0, afterMs: 50 }],
    ['a stream and a table with history that waits', {}, { ...table, historyMs: 200 }, { type: 'left', graceMs: 50 }],
    ['two tables', table, { ...table, historyMs: 200 }, { type: 'outer' }],
  ])('%s', async (_name, left, right, config) => {
    await fc.assert(
      fc.asyncProperty(records, async (all) => {
        const nodes = {
          l: ['source', { topic: 'l', ...left }],
          r: ['source', { topic: 'r', ...right }],
          j: ['join', { value: '[left, right]', ...config }],
          o: ['sink', { topic: 'out' }],
        } as const;
        const pipeline = sketch('p', nodes, ['l > j.left', 'r > j.right', 'j > o']);
        const driver = new TopologyTestDriver(pipeline, topics);
        const restarting = new RestartingDriver(pipeline, topics);
        let timestamp = 1_000;
        for (const [index, { topic, key, isTombstone, step }] of all.entries()) {
          timestamp = Math.max(0, timestamp + step);
          const record = { key, value: isTombstone && index % 3 === 0 ? null : index, timestamp };
          driver.pipe(topic, record);
          await restarting.pipe(topic, record);
        }
        expect(await restarting.read('out')).toEqual(driver.read('out'));
      }),
      { numRuns: 10 },
    );
  });
});
