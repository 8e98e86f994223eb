import { describe, expect, it } from 'vitest';
import { JsonText, keptJson } from '../json/json-text.ts';
import { JsonValue, jsonText } from '../json/json-value.ts';
import { opened, sealed } from './envelope.ts';

describe('an envelope', () => {
  it('gives back each value as it was put in', () => {
    const values = [null, 0, -1.5, 'a "quoted" {text}, \\', '', true, [1, [2, '}']], { a: { b: ['],"x":'] } }];
    for (const value of values) {
      const envelope = opened(sealed({ first: value, second: 'then', third: value }));
      for (const name of ['first', 'third']) {
        const field = envelope.field(name);
        expect(field instanceof JsonValue ? field.plain() : field).toEqual(value);
      }
      expect(envelope.field('second')).toBe('then');
    }
  });

  it('keeps the bytes of objects, with spaces and with numbers that cannot be held', () => {
    const text = '{ "id": 12345678901234567890, "n": [1.0 , { }] }';
    const envelope = opened(sealed({ before: 1, value: new JsonText(text), after: 2 }));
    expect(jsonText(envelope.field('value'))).toBe(text);
    expect(envelope.field('after')).toBe(2);
  });

  it('is the same after it was written and read', () => {
    const written = sealed({ value: { a: 1 }, none: undefined, nothing: null }).text();
    expect(written).toBe('{"value":{"a":1},"nothing":null}');
    const read = opened(keptJson(written));
    expect(jsonText(read.field('value'))).toBe('{"a":1}');
    expect(read.field('none')).toBeUndefined();
    expect(read.field('nothing')).toBeNull();
    expect(opened(JSON.parse(written)).field('value')).toEqual({ a: 1 });
    expect(opened(sealed({})).field('value')).toBeUndefined();
  });
});
