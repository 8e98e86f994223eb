import { describe, expect, it } from 'vitest';
import { validatePipeline } from '../../pipeline/validate-pipeline.ts';
import { sketch } from '../../testing/pipeline-sketch.ts';
import { TopologyTestDriver, untypedTopic } from '../../testing/topology-test-driver.ts';
import { topicCatalogue } from '../../topology/topic-catalogue.ts';

const pipeline = (config: object) =>
  sketch('p', { s: ['source', { topic: 't' }], k: ['re-key', config], o: ['sink', { topic: 'out' }] }, [
    's > k',
    'k > o',
  ]);

describe('re-key', () => {
  it('gives each record a new key, and keeps the rest', () => {
    const driver = new TopologyTestDriver(pipeline({ key: 'value.n', keyFormat: 'int32' }), [
      untypedTopic('t'),
      untypedTopic('out'),
    ]);
    const headers = [{ name: 'h', value: null }];
    driver.pipe('t', { key: 'a', value: { n: 7 }, timestamp: 3, headers });
    driver.pipe('t', { key: 'a', value: { n: null }, timestamp: 4 });
    expect(driver.written.find(({ topic }) => topic === 'out')?.headers).toEqual(headers);
    expect(driver.read('out', 'int32')).toEqual([
      { key: 7, value: { n: 7 }, timestamp: 3, partition: 0 },
      { key: null, value: { n: null }, timestamp: 4, partition: 0 },
    ]);
  });

  it('fails on a record that has no such key', () => {
    const driver = new TopologyTestDriver(pipeline({ key: 'value.a.b' }), [untypedTopic('t')]);
    driver.pipe('t', { key: 'a', value: null, timestamp: 0 });
    expect(driver.run.counters().get('k')).toMatchObject({ in: 1, failed: 1 });
    expect(driver.run.failures()).toMatchObject([{ path: ['key'] }]);
  });

  it('wants a key that fits its format', () => {
    const found = (config: object) =>
      validatePipeline(pipeline(config), topicCatalogue([untypedTopic('t')])).diagnostics;
    expect(found({ key: '' })).toMatchObject([{ code: 'missing-expression', path: ['key'] }]);
    expect(found({ key: '5' })).toMatchObject([{ code: 'key-format', path: ['key'] }]);
    expect(found({ key: '5', keyFormat: 'int64' })).toEqual([]);
  });
});
