import { describe, expect, it } from 'vitest';
import { RecordBatch } from '../../log/record-batch.ts';
import { encodeBatch } from '../../log/record-batch-builder.ts';
import { seededRandom } from '../../testing/suite-api.ts';
import { FieldColumns, FieldReader } from '../field-reader.ts';
import { LayoutScanner } from './layout-scanner.ts';

const seed = Number(process.env.SCANNER_SEED ?? 5);
const encoder = new TextEncoder();

function batchOf(texts: readonly (Uint8Array | string | null)[]): RecordBatch {
  return new RecordBatch(encodeBatch(texts.map((value) => ({ key: null, value, timestamp: 0 }))).bytes, 0);
}

/** How many records of a batch were known without a walk of their own, and what was read of each; undefined of one that is no object. */
function readAll(reader: FieldReader, batch: RecordBatch, names: readonly string[]) {
  const columns = new FieldColumns(reader, batch);
  const rows = Array.from({ length: batch.count }, (_, index) => {
    const end = batch.valueEnds[index] ?? -1;
    if (end < 0) return null;
    const object = reader.read(columns, index, batch.valueStarts[index] ?? 0, end);
    return object === null ? undefined : names.map((name) => object.field(name));
  });
  return { rows, scanned: columns.scanned?.reduce((sum, byte) => sum + byte, 0) ?? 0 };
}

it('runs here', () => {
  expect(LayoutScanner.create()).not.toBeNull();
});

describe('records that are written as those before', () => {
  const names = ['a', 'b', 'c'];
  const read = (texts: readonly string[]): ReturnType<typeof readAll> => {
    const reader = new FieldReader();
    for (const name of names) reader.slotOf(name);
    readAll(reader, batchOf(texts), names);
    return readAll(reader, batchOf(texts), names);
  };

  it.each([
    ['numbers, texts and words', '{"a":-12.5e3,"b":"text","c":true}', [-12500, 'text', true]],
    ['white space as others have it', '{ "a": 1,\n "b": null, "c":\t"" }\n', [1, null, '']],
    ['long names and texts', `{"a":"${'x'.repeat(100)}","${'n'.repeat(40)}":false,"c":0}`, ['x'.repeat(100), null, 0]],
    ['letters beyond ASCII', '{"a":"Zürich","b":"東京","c":"🚲"}', ['Zürich', '東京', '🚲']],
    ['a name twice, of which the last counts', '{"a":1,"b":2,"a":3}', [3, 2, null]],
  ])('are found without a walk of their own: %s', (_what, text, row) => {
    expect(read([text, text, text, text])).toEqual({ rows: [row, row, row, row], scanned: 4 });
  });

  it.each([
    '{"a":01,"b":1}',
    '{"a":1.,"b":1}',
    '{"a":-,"b":1}',
    '{"a":1e,"b":1}',
    '{"a":truE,"b":1}',
    '{"a":"\t","b":1}',
    '{"a":1,"b":1',
    '{"a":1,"b":1}}',
    '{"a":1,"b":"1}',
  ])('are refused as they were: %s', (text) => {
    const good = '{"a":1,"b":1}';
    const { rows, scanned } = read([good, text, good, good, good]);
    expect(rows[1]).toBeUndefined();
    expect(scanned).toBe(4);
  });

  it('may be of several kinds, with tombstones between', () => {
    const reader = new FieldReader();
    for (const name of names) reader.slotOf(name);
    const texts = Array.from({ length: 30 }, (_, index) =>
      index % 5 === 0 ? null : [`{"a":${index}}`, `{"b":${index},"a":1}`, `{"a":1,"c":[${index}]}`][index % 3],
    ) as (string | null)[];
    for (let round = 0; round < 4; round++) readAll(reader, batchOf(texts), names);
    const { rows, scanned } = readAll(reader, batchOf(texts), names);
    expect(rows).toEqual(
      texts.map((text) => {
        if (text === null) return null;
        const value = JSON.parse(text);
        return names.map((name) => value[name] ?? null);
      }),
    );
    // Lists are walked over one by one.
    expect(scanned).toBe(texts.filter((text) => text !== null && !text.includes('[')).length);
  });
});

it(`agrees with JSON.parse, whatever is written (seed ${seed})`, () => {
  const random = seededRandom(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  const pick = <T>(list: readonly T[]): T => list[below(list.length)] as T;
  const names = ['a', 'b', 'amount', 'a name of more than sixteen bytes'];
  const scalars = () =>
    pick([
      () => `${below(1e6)}`,
      () => `-${below(100)}.${below(1000)}`,
      () => `${below(10)}e${pick(['', '+', '-'])}${below(20)}`,
      () => JSON.stringify('x'.repeat(below(40))),
      () => JSON.stringify(pick(['é', '"quoted"', 'back\\slash', '\u0001', '東京'])),
      () => pick(['true', 'false', 'null', '0', '-0']),
      () => pick(['[1,2]', '{"a":1}', '[]', '01', '1.', 'nul', '"open']),
    ])();
  const space = () => pick(['', '', '', ' ', '\n', '\t ']);
  let objects = 0;
  let scannedAll = 0;
  for (let topic = 0; topic < 60; topic++) {
    const reader = new FieldReader();
    const layouts = Array.from({ length: 1 + below(3) }, () => {
      const fields = Array.from({ length: below(5) }, () => ({ name: pick(names), before: space(), after: space() }));
      const gap = space();
      return () =>
        `${gap}{${fields.map(({ name, before, after }) => `${before}${JSON.stringify(name)}${after}:${gap}${scalars()}`).join(',')}}${gap}`;
    });
    for (let round = 0; round < 6; round++) {
      const texts = Array.from({ length: 4 + below(20) }, () => {
        const bytes = encoder.encode(pick(layouts)());
        if (below(20) === 0) bytes[below(bytes.length)] = below(256);
        return bytes;
      });
      const { rows, scanned } = readAll(reader, batchOf(texts), names);
      scannedAll += scanned;
      rows.forEach((row, index) => {
        const bytes = texts[index] as Uint8Array;
        let parsed: unknown;
        try {
          parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
        } catch {
          expect(row, `${bytes}`).toBeUndefined();
          return;
        }
        if (row === undefined || typeof parsed !== 'object' || parsed === null) return;
        objects++;
        const object = parsed as Record<string, unknown>;
        expect(row, `${bytes}`).toEqual(names.map((name) => (Object.hasOwn(object, name) ? object[name] : null)));
      });
    }
  }
  expect(objects).toBeGreaterThan(1000);
  expect(scannedAll).toBeGreaterThan(500);
});
