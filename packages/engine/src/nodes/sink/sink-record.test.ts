import { describe, expect, it } from 'vitest';
import { byteStringToBytes } from '../../log/byte-string.ts';
import { encodeKey } from '../../log/key-format.ts';
import { partitionFor } from '../../log/partitioner.ts';
import { validatePipeline } from '../../pipeline/validate-pipeline.ts';
import type { WrittenRecord } from '../../run/recorded-run.ts';
import { type SketchedNode, sketch } from '../../testing/pipeline-sketch.ts';
import { type DriverRecord, TopologyTestDriver, untypedTopic } from '../../testing/topology-test-driver.ts';
import { topicCatalogue } from '../../topology/topic-catalogue.ts';

const text = (bytes: Uint8Array | string | null | undefined): string | null =>
  bytes === null || bytes === undefined ? null : typeof bytes === 'string' ? bytes : new TextDecoder().decode(bytes);

function run(
  sink: object,
  records: readonly DriverRecord[],
  source: object = {},
  between: readonly SketchedNode[] = [],
) {
  const names = between.map((_, at) => `n${at}`);
  const chain = ['s', ...names, 'o'];
  const driver = new TopologyTestDriver(
    sketch(
      'p',
      {
        s: ['source', { topic: 't', ...source }],
        ...Object.fromEntries(names.map((name, at) => [name, between[at] as SketchedNode])),
        o: ['sink', { topic: 'out', ...sink }],
      },
      chain.slice(1).map((id, at) => `${chain[at]} > ${id}`),
    ),
    [untypedTopic('t'), untypedTopic('out', 4)],
  );
  for (const record of records) driver.pipe('t', record);
  const out = driver.written.filter(({ topic }) => topic === 'out');
  return { driver, out, counters: driver.run.counters().get('o') };
}

function found(sink: object) {
  const pipeline = sketch('p', { s: ['source', { topic: 't' }], o: ['sink', { topic: 'new', ...sink }] }, ['s > o']);
  return validatePipeline(pipeline, topicCatalogue([untypedTopic('t')])).diagnostics;
}

const record: DriverRecord = { key: 'k', value: { id: 7, at: '2001-01-10T00:00Z' }, timestamp: 50 };

describe('what a sink writes', () => {
  it('is made of the record as it came, whatever else is made of it', () => {
    const { out, counters } = run(
      {
        key: 'value.id',
        keyFormat: 'int32',
        value: '{ key, was: value.id }',
        timestamp: 'value.at',
        headers: [
          { name: 'id', value: 'value.id' },
          { name: 'none', value: 'null' },
          { name: 'key', value: 'key' },
        ],
        partition: 'value.id % 4',
      },
      [
        {
          ...record,
          headers: [
            { name: 'id', value: null },
            { name: 'kept', value: new Uint8Array([65]) },
          ],
        },
      ],
    );
    const [one] = out as [WrittenRecord];
    expect({
      ...one,
      value: text(one.value),
      headers: one.headers?.map(({ name, value }) => [name, text(value)]),
    }).toMatchObject({
      key: encodeKey('int32', 7),
      value: '{"key":"k","was":7}',
      timestamp: Date.UTC(2001, 0, 10),
      partition: 3,
      headers: [
        ['kept', 'A'],
        ['id', '7'],
        ['none', null],
        ['key', 'k'],
      ],
    });
    expect(counters).toMatchObject({ in: 1, forwarded: 1 });
  });

  it('goes by its key where the partition is null', () => {
    const { out } = run({ partition: 'value.id == 7 ? null : 2' }, [record, { ...record, value: { id: 8 } }]);
    expect(out.map(({ partition }) => partition)).toEqual([partitionFor('k', 4), 2]);
  });

  it.each([
    ['a partition that is not there', { partition: 'value.id' }, 'partition'],
    ['half a partition', { partition: '0.5' }, 'partition'],
    ['a timestamp before 1970', { timestamp: '-1' }, 'timestamp'],
    ['a timestamp that is none', { timestamp: 'string(value.id)' }, 'timestamp'],
    ['a key that does not fit', { key: 'value.id', keyFormat: 'string' }, 'key-format'],
  ])('is nothing for %s: the record fails, as it came', (_what, sink, code) => {
    const settings = code === 'key-format' ? { ...sink, key: 'value["id"] ?? ""' } : sink;
    const { driver, out, counters } = run(settings, [record]);
    expect(out).toEqual([]);
    expect(counters).toMatchObject({ in: 1, failed: 1, forwarded: 0 });
    expect(driver.run.failures()).toMatchObject([
      { node: 'o', port: 'in', code, record: expect.stringContaining('"key":"k"') },
    ]);
  });

  it('keeps the deletions of a table', () => {
    const { out } = run({ value: '{ seen: value.id }' }, [record, { ...record, value: null }], { readAs: 'table' });
    expect(out.map(({ value }) => text(value))).toEqual(['{"seen":7}', null]);
  });

  it('has the bytes that came where nobody changed the value, also as text and bytes', () => {
    const odd = new TextEncoder().encode('{ "big" : 9007199254740993 , "a":1.0}');
    expect(run({ key: 'value.a', keyFormat: 'double' }, [{ ...record, value: odd }]).out[0]?.value).toEqual(odd);
    const plain = new TextEncoder().encode('héllo, "you"');
    const asText = { valueFormat: 'text' };
    expect(text(run(asText, [{ ...record, value: plain }], asText).out[0]?.value)).toBe('héllo, "you"');
    expect(text(run({}, [{ ...record, value: plain }], asText).out[0]?.value)).toBe('"héllo, \\"you\\""');
    const bytes = new Uint8Array([0xff, 0, 0x80]);
    const asBytes = { valueFormat: 'bytes' };
    expect(run(asBytes, [{ ...record, value: bytes }], asBytes).out[0]?.value).toEqual(bytes);
    expect(text(run({}, [{ ...record, value: bytes }], asBytes).out[0]?.value)).toBe('"/wCA"');
  });

  it('fails on a value that its format does not take', () => {
    const { counters, driver } = run({ valueFormat: 'text' }, [record]);
    expect(counters).toMatchObject({ in: 1, failed: 1 });
    expect(driver.run.failures()).toMatchObject([{ code: 'value-format', path: ['valueFormat'] }]);
    expect(run({ valueFormat: 'bytes' }, [{ ...record, value: 'no base64!' }]).counters).toMatchObject({ failed: 1 });
  });
});

describe('keys of windows', () => {
  const aggregations = [{ name: 'n', function: 'count' }];
  const tumbling: SketchedNode = ['aggregate', { window: 'tumbling', windowMs: 10, aggregations }];
  const sessions: SketchedNode = ['aggregate', { window: 'session', windowMs: 10, aggregations }];
  const big = (number: number): string => encodeKey('int64', number);

  it('are Kafka’s own bytes on demand: the key and the start, by the inner key', () => {
    const { out } = run({ windowedKey: 'kafka' }, [{ ...record, timestamp: 25 }], {}, [tumbling]);
    expect(out[0]?.key).toBe(`k${big(20)}`);
    expect(byteStringToBytes(out[0]?.key ?? '')).toHaveLength(9);
    expect(out[0]?.partition).toBe(partitionFor('k', 4));
  });

  it('have the end before the start where they are sessions, through filters too', () => {
    const filter: SketchedNode = ['filter', { condition: 'true' }];
    const { out } = run(
      { windowedKey: 'kafka' },
      [
        { ...record, timestamp: 25 },
        { ...record, timestamp: 30 },
      ],
      {},
      [sessions, filter],
    );
    expect(out.at(-1)?.key).toBe(`k${big(30)}${big(25)}`);
  });

  it('have no window once a key of their own is given', () => {
    const { out } = run({ key: 'key', windowedKey: 'kafka' }, [{ ...record, timestamp: 25 }], {}, [tumbling]);
    expect(out[0]?.key).toBe('k');
  });
});

describe('the settings of a sink', () => {
  it('are judged one by one', () => {
    expect(found({ key: '5' })).toMatchObject([{ code: 'key-format', path: ['key'] }]);
    expect(found({ value: 'valeu' })).toMatchObject([{ path: ['value'] }]);
    expect(found({ timestamp: 'true' })).toMatchObject([{ code: 'not-a-time', path: ['timestamp'] }]);
    expect(found({ partition: '"a"' })).toMatchObject([{ code: 'not-a-partition', path: ['partition'] }]);
    expect(found({ value: '{ a: 1 }', valueFormat: 'text' })).toMatchObject([
      { code: 'value-format', path: ['valueFormat'] },
    ]);
    const headers = [
      { name: 'a', value: '1' },
      { name: 'a', value: '' },
    ];
    expect(found({ headers })).toMatchObject([
      { code: 'duplicate-name', path: ['headers', 1, 'name'] },
      { code: 'missing-expression', path: ['headers', 1, 'value'] },
    ]);
    expect(found({ partition: 'value.n', timestamp: '"2001-01-01"' })).toEqual([]);
  });
});
