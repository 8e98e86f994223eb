import { compileExpression, plainValue, Scope } from '@millrace/expression';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GrowingBytes } from '../log/growing-bytes.ts';
import { RecordBatch } from '../log/record-batch.ts';
import { encodeBatch } from '../log/record-batch-builder.ts';
import { FieldColumns, FieldReader } from './field-reader.ts';
import type { JsonObject } from './json-object.ts';
import { JsonValue, jsonText, putJson } from './json-value.ts';
import { shapedObjects } from './shaped-object.ts';

type Value = Uint8Array | string;

function batchOf(values: readonly Value[]): RecordBatch {
  return new RecordBatch(encodeBatch(values.map((value) => ({ key: null, value, timestamp: 0 }))).bytes, 0);
}

/** What the reader makes of each value; null for those that it leaves to `JSON.parse`. */
function read(reader: FieldReader, values: readonly Value[]): (JsonObject | null)[] {
  const batch = batchOf(values);
  const columns = new FieldColumns(reader, batch);
  return values.map((_, index) =>
    reader.read(columns, index, batch.valueStarts[index] ?? 0, batch.valueEnds[index] ?? 0),
  );
}

function readOne(text: string, fields: readonly string[] = []): JsonObject {
  const reader = new FieldReader();
  for (const field of fields) reader.slotOf(field);
  const [object] = read(reader, [text]);
  if (object === null || object === undefined) throw new Error(`${text} is left to JSON.parse`);
  return object;
}

function own(object: unknown, name: string): unknown {
  return Object.hasOwn(object as object, name) ? (object as Record<string, unknown>)[name] : null;
}

const name = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('a', 'b', 'c', 'delay', '__proto__', 'constructor', '1', '') },
  { weight: 1, arbitrary: fc.string({ maxLength: 4 }) },
);
const scalar = fc.oneof(
  fc.string({ maxLength: 20 }),
  fc.string({ unit: 'grapheme', maxLength: 4 }),
  fc.integer(),
  // Whole ones beyond ±(2^53−1) are another matter: big-integers.test.ts.
  fc.double({ noNaN: true, noDefaultInfinity: true, min: -9e15, max: 9e15 }),
  fc.double({ noNaN: true, min: 5e-324, max: 1e-300 }),
  fc.maxSafeInteger(),
  fc.boolean(),
  fc.constant(null),
);
const { tree: data } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { weight: 4, arbitrary: scalar },
    { weight: 1, arbitrary: fc.array(tie('tree'), { maxLength: 3 }) },
    { weight: 1, arbitrary: fc.dictionary(name, tie('tree'), { maxKeys: 3 }) },
  ),
}));
const space = fc.constantFrom('', '', '', ' ', '\n', '\t \r');

/** Text of an object, with white space anywhere and names that may stand twice. */
const objectText = fc
  .array(fc.tuple(name, data, space, space), { maxLength: 6 })
  .map(
    (fields) =>
      `{${fields.map(([key, value, before, after]) => `${before}${JSON.stringify(key)}${after}:${before}${JSON.stringify(value)}${after}`).join(',')}}`,
  );

describe('a JSON object in its batch', () => {
  it('gives the fields that JSON.parse gives, whichever have been asked for before', () => {
    fc.assert(
      fc.property(fc.array(fc.array(objectText, { minLength: 1 }), { minLength: 1, maxLength: 3 }), (batches) => {
        const reader = new FieldReader();
        for (const texts of batches) {
          for (const [index, object] of read(reader, texts).entries()) {
            if (object === null) continue;
            const plain: unknown = JSON.parse(texts[index] as string);
            for (const key of ['a', 'b', 'delay', '__proto__', 'constructor', '', 'absent'])
              expect(object.field(key)).toEqual(own(plain, key));
            const inner = object.nested('a', 'b');
            if (inner !== undefined) expect(inner).toEqual(own(own(plain, 'a'), 'b'));
            expect(object.plain()).toEqual(plain);
          }
        }
      }),
    );
  });

  it('is left to JSON.parse only where a name has escapes, or it is no object', () => {
    const texts = ['{}', ' { "a" : 1 } ', '{"a":"x\\n","b":[1,{"c":null}],"d":-0.5e+3}', '{"é":"東\x7f"}'];
    expect(read(new FieldReader(), texts).map((object) => object?.plain())).toEqual(
      texts.map((text) => JSON.parse(text)),
    );
    const left = ['1', '"{}"', '[]', 'null', '{"\\u0061":1}', ''];
    expect(read(new FieldReader(), left)).toEqual(left.map(() => null));
  });

  it('is never made of what JSON.parse refuses, whatever byte is changed', () => {
    const base = '{"a":-12.5e+3,"bc":"t\\u00e9\\n","d":[true,false,null,{"e":{}}],"f":0}';
    const reader = new FieldReader();
    for (const field of ['a', 'bc', 'd', 'f']) reader.slotOf(field);
    read(reader, [base]);
    for (let at = 0; at < base.length; at++) {
      for (let byte = 0; byte < 256; byte++) {
        const bytes = new TextEncoder().encode(base);
        bytes[at] = byte;
        const [object] = read(reader, [bytes]);
        if (object === null || object === undefined) continue;
        const plain: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
        expect(object.plain()).toEqual(plain);
        for (const field of ['a', 'bc', 'd', 'f']) expect(object.field(field)).toEqual(own(plain, field));
      }
    }
    for (let length = 0; length < base.length; length++) expect(read(reader, [base.slice(0, length)])).toEqual([null]);
  });

  it('finds fields that nobody asked for when its batch began, also behind white space before its brace', () => {
    for (const space of ['', ' ', '\n', ' \t\r\n ']) {
      const text = `${space}{${space}"a":1,"b":{"c":"x"} }`;
      const reader = new FieldReader();
      reader.slotOf('a');
      const [object] = read(reader, [text]);
      expect([object?.field('b'), object?.field('a'), object?.field('absent')]).toEqual([{ c: 'x' }, 1, null]);
      expect(object?.nested('b', 'c')).toBe('x');
    }
  });

  it('takes the last of equal names', () => {
    const object = readOne('{"a":1,"b":{"c":1,"c":2},"a":2}', ['a', 'b']);
    expect([object.field('a'), object.nested('b', 'c')]).toEqual([2, 2]);
  });

  it('is not made of bytes that are no UTF-8, nor kept from others by them', () => {
    const broken = new Uint8Array([...new TextEncoder().encode('{"a":"'), 0xff, 0x22, 0x7d]);
    const objects = read(new FieldReader(), [broken, '{"a":"é"}', '{"a":"e"}']);
    expect(objects.map((object) => object?.field('a') ?? null)).toEqual([null, 'é', 'e']);
  });

  it('is left to JSON.parse when it is nested too deep', () => {
    const nested = (levels: number): string => `{"a":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`;
    expect(read(new FieldReader(), [nested(500), nested(501)]).map((object) => object === null)).toEqual([false, true]);
  });
});

describe('an object with some fields set', () => {
  const patched = (text: string, patch: Record<string, unknown>, known: readonly string[]): JsonValue =>
    readOne(text, known).with(Object.keys(patch), Object.values(patch));

  it('is written as the bytes that it came in, but for what was set', () => {
    const text = '{ "id": 9007199254740993, "x":1.0, "y" : "\\u0041" }';
    expect(patched(text, { x: 2 }, ['x']).text()).toBe('{ "id": 9007199254740993, "x":2, "y" : "\\u0041" }');
    expect(patched(text, { z: 'new', y: null }, ['y', 'z']).text()).toBe(
      '{ "id": 9007199254740993, "x":1.0, "y" : null ,"z":"new"}',
    );
    expect(patched('{ }', { z: 1 }, ['z']).text()).toBe('{ "z":1}');
  });

  it('reads and writes like the plain object with the fields set', () => {
    const patch = fc.dictionary(fc.constantFrom('a', 'b', 'delay', 'new'), data, { minKeys: 1 });
    fc.assert(
      fc.property(objectText, patch, patch, fc.boolean(), (text, first, second, known) => {
        const reader = new FieldReader();
        if (known) for (const key of ['a', 'b', 'delay', 'new']) reader.slotOf(key);
        const [object] = read(reader, [text]);
        if (object === null || object === undefined) return;
        const once = object.with(Object.keys(first), Object.values(first));
        const twice = once.with(Object.keys(second), Object.values(second)) as JsonValue;
        const plain: unknown = { ...(JSON.parse(text) as object), ...first, ...second };
        expect(JSON.parse(twice.text())).toEqual(JSON.parse(JSON.stringify(plain)));
        for (const key of ['a', 'b', 'c', 'new']) expect(plainValue(twice.field(key))).toEqual(own(plain, key));
        expect(twice.plain()).toEqual(plain);
      }),
    );
  });
});

describe('an expression', () => {
  const sources = [
    'value',
    'value.a',
    'value.a.b',
    'value.a?.b',
    'value.a.b.c',
    "value['a']",
    'value.length',
    'value.a.length',
    'value ?? 1',
    'value == value',
    '{ ...value }',
    '{ ...value, a: 1 }',
    '{ ...value, b: value.a, c: value, delay: key }',
    '{ ...value, b: left, left: left.a }',
    '{ ...left, right: value }',
    '{ b: 1, ...value }',
    '[value, value.b]',
    'value.b ?? value.a',
  ];
  it.each(sources)('%s gives of a lazy root what it gives of a plain one', (source) => {
    const result = compileExpression(source, { key: unknown, value: unknown, left: unknown });
    if (!result.ok) throw new Error(`${source} does not compile`);
    const outcome = (evaluate: (scope: Scope) => unknown, value: unknown, left: unknown): unknown => {
      const scope = new Scope();
      Object.assign(scope, { value, left, key: 'k' });
      try {
        const given = evaluate(scope);
        return given instanceof JsonValue ? (JSON.parse(given.text()) as unknown) : given;
      } catch (error) {
        return String(error);
      }
    };
    fc.assert(
      fc.property(objectText, objectText, (first, second) => {
        const reader = new FieldReader();
        for (const key of ['a', 'b', 'c', 'delay', 'left', 'right']) reader.slotOf(key);
        const [value, left] = read(reader, [first, second]);
        if (value == null || left == null) return;
        const plain = outcome(result.expression.evaluate, JSON.parse(first), JSON.parse(second));
        expect(outcome(result.expression.evaluate, value, left)).toEqual(plain);
        expect(outcome(result.expression.evaluateLazily, value, left)).toEqual(asJson(plain));
      }),
    );
  });
});

describe('fields that are only passed on', () => {
  const long = fc.oneof(
    fc.string({ minLength: 15, maxLength: 60 }),
    fc.string({ unit: 'grapheme', minLength: 10, maxLength: 40 }),
    fc.constantFrom('x'.repeat(22), 'x'.repeat(23), 'x'.repeat(300), `"${'é'.repeat(30)}`),
  );
  const record = fc.record({ a: fc.oneof(long, scalar), b: fc.option(long), c: scalar }, { requiredKeys: [] });
  const made = (source: string): ((value: unknown) => unknown) => {
    const result = compileExpression(source, { value: unknown }, { objects: shapedObjects });
    if (!result.ok) throw new Error(`${source} does not compile`);
    return (value) => result.expression.evaluateLazily(Object.assign(new Scope(), { value }));
  };

  it('are written, kept and read as if they had been decoded, also from object to object', () => {
    const first = made('{ x: value.a, y: value.b, z: value.c, a: value.a }');
    const second = made('{ y: value.y, x: value.x, length: value.z ?? 1 }');
    const third = made('{ ...value, more: value.a }');
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 5 }), (records) => {
        const reader = new FieldReader();
        for (const key of ['a', 'b', 'c']) reader.slotOf(key);
        for (const [index, object] of read(
          reader,
          records.map((each) => JSON.stringify(each)),
        ).entries()) {
          const { a = null, b = null, c = null } = asJson(records[index]) as { a?: unknown; b?: unknown; c?: unknown };
          for (const [given, expected] of [
            [first(object), { x: a, y: b, z: c, a }],
            [second(first(object)), { y: b, x: a, length: c ?? 1 }],
            [third(first(object)), { x: a, y: b, z: c, a, more: a }],
          ] as const) {
            const sink = new GrowingBytes();
            putJson(sink, given);
            expect(new TextDecoder().decode(sink.view())).toBe(JSON.stringify(expected));
            expect(jsonText(given)).toBe(JSON.stringify(expected));
            expect(plainValue(given)).toEqual(expected);
          }
          expect((first(object) as JsonValue).field('x')).toEqual(a);
        }
      }),
    );
  });
});

const unknown = { kind: 'unknown' } as const;

/** As it reads once it has been written: -0 becomes 0. */
function asJson(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}
