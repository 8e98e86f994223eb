import { describe, expect, it } from 'vitest';
import type { KeyFormat } from '../../log/key-format.ts';
import { sketch } from '../../testing/pipeline-sketch.ts';
import { TopologyTestDriver, untypedTopic } from '../../testing/topology-test-driver.ts';

function read(config: object, keyFormat: KeyFormat = 'string'): TopologyTestDriver {
  const nodes = { s: ['source', { topic: 't', keyFormat, ...config }], o: ['sink', { topic: 'out' }] } as const;
  return new TopologyTestDriver(sketch('p', nodes, ['s > o']), [
    untypedTopic('t', 1, keyFormat),
    untypedTopic('out', 1),
  ]);
}

describe('a source read as a stream', () => {
  it('passes everything on as it is, null keys and values included', () => {
    const driver = read({});
    const headers = [
      { name: 'trace', value: new TextEncoder().encode('7') },
      { name: 'empty', value: null },
    ];
    driver.pipe('t', { key: 'a', value: { n: 1 }, timestamp: 5, headers });
    driver.pipe('t', { key: null, value: 2, timestamp: 4 });
    driver.pipe('t', { key: 'a', value: null, timestamp: 3 });
    expect(driver.written.find((record) => record.topic === 'out')?.headers).toEqual(headers);
    expect(driver.read('out').map(({ key, value, timestamp }) => [key, value, timestamp])).toEqual([
      ['a', { n: 1 }, 5],
      [null, 2, 4],
      ['a', null, 3],
    ]);
    expect(driver.run.counters().get('s')).toMatchObject({ in: 3, forwarded: 3, out: 3, failed: 0 });
  });

  it.each<[KeyFormat, unknown]>([
    ['json', { b: [1], a: null }],
    ['int32', -7],
    ['int64', 2 ** 40],
    ['double', 0.5],
    ['bytes', '/w=='],
  ])('reads keys of the format %s', (format, key) => {
    const driver = read({}, format);
    driver.pipe('t', { key, value: 1, timestamp: 0 });
    expect(driver.read('out', format)[0]?.key).toEqual(key);
  });
});

describe('event time', () => {
  const times = (timestampField: string, ...values: readonly unknown[]): readonly number[] => {
    const driver = read({ timestampFrom: 'field', timestampField });
    for (const value of values) driver.pipe('t', { key: 'a', value, timestamp: 77 });
    return driver.read('out').map((output) => output.timestamp);
  };

  it('is taken from a field, as a number or a date', () => {
    expect(times('at', { at: 5 }, { at: 6.9 }, { at: '2001/01/10 18:20' }, { at: 0 })).toEqual([
      5,
      6,
      Date.UTC(2001, 0, 10, 18, 20),
      0,
    ]);
  });

  it('is taken from a field inside another', () => {
    expect(times('meta.at', { meta: { at: 5 } })).toEqual([5]);
  });

  it('of a tombstone is that of its record', () => {
    expect(times('at', null)).toEqual([77]);
  });

  it.each([
    [{}],
    [{ at: null }],
    [{ at: 'soon' }],
    [{ at: -1 }],
    [{ at: '1969-12-31' }],
    [{ at: 1e300 }],
    [{ at: true }],
    [5],
    ['text'],
    [[1]],
  ])('of %j is an error of the record', (value) => {
    const driver = read({ timestampFrom: 'field', timestampField: 'at' });
    driver.pipe('t', { key: 'a', value, timestamp: 77 });
    expect(driver.read('out')).toEqual([]);
    expect(driver.run.failures()).toMatchObject([{ node: 's', code: 'timestamp', offset: 0 }]);
    expect(driver.run.counters().get('s')).toMatchObject({ in: 1, failed: 1, out: 0 });
  });

  it.each([-1, 1e300])('of a record stamped %d is an error of the record', (timestamp) => {
    const driver = read({});
    driver.pipe('t', { key: 'a', value: 1, timestamp });
    expect(driver.run.failures()).toMatchObject([{ code: 'timestamp' }]);
    expect(driver.read('p-dead-letters')).toMatchObject([{ key: 'a', value: 1, timestamp }]);
  });
});

describe('a source read as a table', () => {
  it('keeps the latest value of each key, and passes every change on', () => {
    const driver = read({ readAs: 'table' });
    driver.pipe('t', { key: 'a', value: 1, timestamp: 10 });
    driver.pipe('t', { key: 'b', value: 2, timestamp: 11 });
    driver.pipe('t', { key: 'a', value: 3, timestamp: 12 });
    driver.pipe('t', { key: 'a', value: 3, timestamp: 13 });
    expect(driver.read('out').map(({ key, value }) => [key, value])).toEqual([
      ['a', 1],
      ['b', 2],
      ['a', 3],
      ['a', 3],
    ]);
    expect(driver.rows('p-s-store').map(({ key, value, timestamp }) => [key, value, timestamp])).toEqual([
      ['a', 3, 13],
      ['b', 2, 11],
    ]);
  });

  it('deletes by a tombstone, and passes it on even when nothing was there', () => {
    const driver = read({ readAs: 'table' });
    driver.pipe('t', { key: 'a', value: 1, timestamp: 10 });
    driver.pipe('t', { key: 'a', value: null, timestamp: 11 });
    driver.pipe('t', { key: 'never', value: null, timestamp: 12 });
    expect(driver.rows('p-s-store')).toEqual([]);
    expect(driver.read('out').map(({ key, value }) => [key, value])).toEqual([
      ['a', 1],
      ['a', null],
      ['never', null],
    ]);
    expect(driver.read('p-s-store-changelog').map(({ key, value, timestamp }) => [key, value, timestamp])).toEqual([
      ['a', 1, 10],
      ['a', null, 11],
      ['never', null, 12],
    ]);
  });

  it('drops and counts records without a key', () => {
    const driver = read({ readAs: 'table' });
    driver.pipe('t', { key: null, value: 1, timestamp: 10 });
    expect(driver.read('out')).toEqual([]);
    expect(driver.run.counters().get('s')).toMatchObject({ in: 1, nullKey: 1, forwarded: 0, out: 0 });
  });

  it('takes updates in the order of the topic, older ones included', () => {
    const driver = read({ readAs: 'table' });
    driver.pipe('t', { key: 'a', value: 'new', timestamp: 20 });
    driver.pipe('t', { key: 'a', value: 'old', timestamp: 10 });
    expect(driver.rows('p-s-store')).toMatchObject([{ value: 'old', timestamp: 10 }]);
  });
});
