import { compileExpression, type ExpressionFailure, Scope } from '@millrace/expression';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RecordBatch } from '../log/record-batch.ts';
import { encodeBatch } from '../log/record-batch-builder.ts';
import { FieldColumns, FieldReader } from './field-reader.ts';
import { JsonText, keptJson, readRecordJson } from './json-text.ts';
import { JsonValue, jsonText, shownValue } from './json-value.ts';

function read(text: string, reader = new FieldReader(), known: readonly string[] = []): JsonValue {
  for (const name of known) reader.slotOf(name);
  const batch = new RecordBatch(encodeBatch([{ key: null, value: text, timestamp: 0 }]).bytes, 0);
  const object = reader.read(
    new FieldColumns(reader, batch),
    0,
    batch.valueStarts[0] as number,
    batch.valueEnds[0] as number,
  );
  if (object === null) throw new Error(`${text} is no object`);
  return object;
}

const asTexts = (): FieldReader => new FieldReader({ bigIntegers: 'string' });

function outcome(source: string, value: unknown, isLazy = false): unknown {
  const result = compileExpression(source, { value: { kind: 'unknown' } });
  if (!result.ok) throw new Error(`${source} does not compile`);
  const scope = new Scope();
  scope.value = value;
  try {
    const given = isLazy ? result.expression.evaluateLazily(scope) : result.expression.evaluate(scope);
    return given instanceof JsonValue ? given.text() : given;
  } catch (error) {
    const { code, message, start, end } = error as ExpressionFailure;
    return `${code} at ${source.slice(start, end)}: ${message}`;
  }
}

const order = '{"id":9007199254740993,"total":12.5,"lines":[{"sku":12345678901234567890,"n":2}],"at":{"ms":-1e400}}';
const remedy = 'Set bigIntegers to "string" at the source to read such numbers as texts';
const beyond = 'beyond ±(2^53−1), where numbers lose digits';

describe('a number that cannot be held', () => {
  it.each([
    ['value.id', `range at value.id: The field id holds 9007199254740993, ${beyond}. ${remedy}`],
    ['1 + value.id', `range at value.id: The field id holds 9007199254740993, ${beyond}. ${remedy}`],
    ['value.lines', `range at value.lines: The field lines[0].sku holds 12345678901234567890, ${beyond}. ${remedy}`],
    [
      'value.lines[0].n',
      `range at value.lines: The field lines[0].sku holds 12345678901234567890, ${beyond}. ${remedy}`,
    ],
    ['value.at.ms', 'range at value.at.ms: The field at.ms holds -1e400, which is beyond all numbers'],
    ['value', `range at value: The field id holds 9007199254740993, ${beyond}. ${remedy}`],
    ['{ a: 1, ...value }', `range at value: The field id holds 9007199254740993, ${beyond}. ${remedy}`],
    ['toJson(value)', `range at value: The field id holds 9007199254740993, ${beyond}. ${remedy}`],
  ])('is refused by %s', (source, expected) => {
    expect(outcome(source, read(order))).toBe(expected);
    expect(outcome(source, read(order, new FieldReader(), ['id', 'lines', 'at']))).toBe(expected);
    expect(outcome(source, new JsonText(order))).toMatch(/^range at value/);
  });

  it('does no harm to an expression that reads something else', () => {
    expect(outcome('value.total * 2', read(order))).toBe(25);
  });

  it('keeps its bytes when nobody reads it', () => {
    expect(outcome('value', read(order), true)).toBe(order);
    expect(outcome('{ ...value, total: 13 }', read(order), true)).toBe(order.replace('12.5', '13'));
  });

  it('is a text where the source says so, in every way to read it', () => {
    const small =
      '{"id":9007199254740993,"lines":[{"sku":-12345678901234567890,"n":2}],"in":{"id":1e17,"big":10000000000000000}}';
    const plain = {
      id: '9007199254740993',
      lines: [{ sku: '-12345678901234567890', n: 2 }],
      in: { id: 1e17, big: '10000000000000000' },
    };
    for (const known of [[], ['id', 'lines', 'in']]) {
      const value = read(small, asTexts(), known);
      expect(value.field('id')).toBe(plain.id);
      expect(value.field('lines')).toEqual(plain.lines);
      expect(value.nested('in', 'big')).toBe(plain.in.big);
      expect(value.nested('in', 'id')).toBe(plain.in.id);
      expect(value.plain()).toEqual(plain);
      expect((value.with(['x'], [1]) as JsonValue).plain()).toEqual({ ...plain, x: 1 });
      // A store keeps the text, and gives it back as it was read.
      expect(new JsonText(value.text()).plain()).toEqual(plain);
      expect(new JsonText((value.with(['x'], [1]) as JsonValue).text()).plain()).toEqual({ ...plain, x: 1 });
    }
    expect(outcome('value.id', read('{"id":1e400}', asTexts()))).toMatch(/beyond all numbers$/);
  });

  it('is shown as a text, whatever may be read', () => {
    const shown = { id: '9007199254740993', n: 1 };
    expect(JSON.parse(JSON.stringify({ value: read('{"id":9007199254740993,"n":1}') }))).toEqual({ value: shown });
    expect(shownValue(new JsonText('{"id":9007199254740993,"n":1}'))).toEqual(shown);
    expect(jsonText([read('{"id":9007199254740993}'), 1])).toBe('[{"id":9007199254740993},1]');
    expect(jsonText(Array.from({ length: 9 }, () => new JsonText('{"id":9007199254740993}')))).toMatch(
      /^\[(\{"id":9007199254740993\},?){9}\]$/,
    );
  });

  it('that a store wrote itself is the one it wrote', () => {
    const sum = 2 ** 60;
    expect(keptJson(JSON.stringify({ sum }))).toBeInstanceOf(JsonText);
    expect((keptJson(JSON.stringify({ sum })) as JsonText).field('sum')).toBe(sum);
    expect(keptJson(JSON.stringify([sum]))).toEqual([sum]);
    expect(() => keptJson('[9007199254740993]')).toThrow('The field [0] holds 9007199254740993');
  });

  it('is no different in an object that is read from its text, as one with escapes in its names is', () => {
    const text = '{"\\u0069d":9007199254740994,"n":1}';
    const refused = readRecordJson(text, 'refuse');
    expect(outcome('value.id', refused)).toMatch(/^range at value\.id: The field id holds 9007199254740994/);
    expect(outcome('value', refused, true)).toBe(text);
    const asText = readRecordJson(text, 'string') as JsonValue;
    expect(asText.plain()).toEqual({ id: '9007199254740994', n: 1 });
    expect(new JsonText(asText.text()).plain()).toEqual({ id: '9007199254740994', n: 1 });
    expect(() => readRecordJson('[9007199254740994]', 'refuse')).toThrow('The field [0] holds 9007199254740994');
    expect(readRecordJson('[9007199254740994]', 'string')).toEqual(['9007199254740994']);
    expect(() => readRecordJson('{', 'refuse')).toThrow(SyntaxError);
  });

  it('is told from all that can be held', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.bigInt(), fc.bigInt({ min: -(2n ** 54n), max: 2n ** 54n })),
        fc.boolean(),
        (id, known) => {
          const text = `{"x":{"id":${id}},"id":${id}}`;
          const isSafe = Number.isSafeInteger(Number(id));
          const value = read(text, new FieldReader(), known ? ['id', 'x'] : []);
          const texts = read(text, asTexts(), known ? ['id', 'x'] : []);
          const expected = isSafe ? Number(id) : String(id);
          expect([texts.field('id'), texts.nested('x', 'id'), texts.field('x')]).toEqual([
            expected,
            expected,
            { id: expected },
          ]);
          for (const look of [() => value.field('id'), () => value.nested('x', 'id'), () => value.plain()]) {
            if (isSafe) expect(look).not.toThrow();
            else expect(look).toThrow(`holds ${String(id).slice(0, 30)}`);
          }
        },
      ),
    );
  });
});

describe('names that mean something to JavaScript', () => {
  const text = '{"__proto__":{"a":1},"constructor":2,"toString":"x","a":{"__proto__":3}}';
  const plain = JSON.parse(text) as object;
  const forms: [string, () => JsonValue][] = [
    ['lazy', () => read(text)],
    ['lazy with known fields', () => read(text, new FieldReader(), ['__proto__', 'constructor', 'toString', 'a'])],
    ['patched', () => read(text).with(['b'], [1]) as JsonValue],
    ['patched on that very field', () => read(text).with(['__proto__'], [{ a: 1 }]) as JsonValue],
    ['kept', () => new JsonText(text)],
    ['as texts', () => read(text, asTexts())],
  ];
  it.each(forms)('are data when %s', (_form, make) => {
    const value = make();
    expect(value.field('__proto__')).toEqual({ a: 1 });
    expect(value.field('constructor')).toBe(2);
    expect(value.field('toString')).toBe('x');
    expect(value.field('valueOf')).toBeNull();
    expect([3, undefined]).toContain(value.nested('a', '__proto__'));
    expect(Object.keys(value.plain())).toEqual(expect.arrayContaining(Object.keys(plain)));
    expect(Object.getPrototypeOf(value.plain())).toBe(Object.prototype);
    expect(JSON.parse(value.text())).toMatchObject(plain);
    expect(outcome('{ ...value }', value)).toMatchObject(plain);
    expect(outcome('value.__proto__.a', value)).toBe(1);
  });

  it('stay so in what a kept object is patched with', () => {
    const patched = new JsonText('{"a":1}').with(['__proto__'], [{ polluted: 1 }]);
    expect(JSON.stringify(patched)).toBe('{"a":1,"__proto__":{"polluted":1}}');
    expect((patched as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

describe('a name that stands twice', () => {
  const text = '{"a":1,"b":{"c":1,"c":2},"a":{"c":3},"a":4}';
  it('counts as it stands last, however it is read', () => {
    for (const value of [read(text), read(text, new FieldReader(), ['a', 'b']), new JsonText(text)]) {
      expect(value.field('a')).toBe(4);
      expect(value.plain()).toEqual({ a: 4, b: { c: 2 } });
      expect(outcome('value.b.c', value)).toBe(2);
      expect(outcome('{ ...value }', value)).toEqual({ a: 4, b: { c: 2 } });
      const patched = value.with(['a'], [5]);
      expect(JSON.parse(JSON.stringify(patched))).toEqual({ a: 5, b: { c: 2 } });
      if (patched instanceof JsonValue) expect(JSON.parse(patched.text())).toEqual({ a: 5, b: { c: 2 } });
    }
  });
});
