import { expect, test } from 'vitest';
import { completionsAt } from './completion.ts';
import { flightRoots, unknownRoots } from './testing/evaluate.ts';
import { inferValueType, unionOf } from './value-type.ts';

/** The labels at the `|` of a source. */
function labels(source: string, roots = flightRoots): string[] {
  const position = source.indexOf('|');
  return completionsAt(source.replace('|', ''), position, roots).map((completion) => completion.label);
}

test('at the start: the roots that are there, functions and constants', () => {
  const found = labels('|');
  expect(found.slice(0, 3)).toEqual(['key', 'value', 'timestamp']);
  expect(found).toContain('round');
  expect(found).toContain('null');
  expect(found).not.toContain('left');
});

test('after a dot: the fields with their types, replacing what is typed', () => {
  const source = 'value.delay > 15 && value.de';
  const [first] = completionsAt(source, source.length, flightRoots);
  expect(first).toEqual({ label: 'delay', kind: 'field', type: { kind: 'number' }, detail: 'number', from: 26 });
  expect(labels('value.|').slice(0, 3)).toEqual(['date', 'delay', 'distance']);
  expect(labels('value?.|')).toContain('origin');
  expect(labels('1 + value.dest| + 3')[0]).toBe('destination');
});

test('methods of what is before the dot', () => {
  expect(labels('value.origin.to|').slice(0, 2)).toEqual(['toUpperCase', 'toLowerCase']);
  expect(labels('value.legs.|')).toEqual(expect.arrayContaining(['length', 'map', 'sum']));
  expect(labels('value.legs.|')).not.toContain('trim');
  expect(labels("'abc'.|")).toContain('trim');
  expect(labels('value.delay.|')).toEqual([]);
  expect(labels('value.|', unknownRoots)).toEqual(expect.arrayContaining(['trim', 'map']));
});

test('after calls, elements and brackets', () => {
  expect(labels('value.legs[0].|')).toEqual(['from', 'minutes']);
  expect(labels('value.legs.at(-1)?.|')).toEqual(['from', 'minutes']);
  expect(labels('(value.legs[0]).|')).toEqual(['from', 'minutes']);
  expect(labels('abs(1) + string(value.delay).tri|')[0]).toBe('trim');
  expect(labels('({ a: value.|')).toContain('delay');
});

test('parameters of arrow functions', () => {
  expect(labels('value.legs.map(leg => leg.|')).toEqual(['from', 'minutes']);
  expect(labels('value.legs.map((leg, index) => leg.|)')).toEqual(['from', 'minutes']);
  expect(labels('value.legs.filter(leg => leg.minutes > 3).map(other => other.|')).toEqual(['from', 'minutes']);
  expect(labels('value.legs.map(leg => value.legs.map(other => leg.|))')).toEqual(['from', 'minutes']);
  expect(labels('value.legs.map(leg => l|')[0]).toBe('leg');
  expect(labels('value.legs.map(leg => 1) + l|')).not.toContain('leg');
});

test('a field that cannot stand after a dot takes its place', () => {
  const roots = { value: unionOf(inferValueType({ 'first name': 'x' }), inferValueType({})) };
  expect(completionsAt('value.fi', 8, roots)).toEqual([
    {
      label: '["first name"]',
      kind: 'field',
      type: { kind: 'union', members: [{ kind: 'string' }, { kind: 'null' }] },
      detail: 'string | null',
      from: 5,
    },
  ]);
  expect(completionsAt('value?.', 7, roots)[0]).toMatchObject({ label: '?.["first name"]', from: 5 });
});

test('nothing inside texts, comments and numbers', () => {
  for (const source of ["'val|'", "'val|", '`val|', '1 // val|', '1 /* val|', '12|', "'\\'|"]) {
    expect(labels(source), source).toEqual([]);
  }
  expect(labels('`a ${val|')[0]).toBe('value');
});

test('any position of any broken source has an answer', () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the source under test is a template
  const source = "value.legs.map((leg, i) => ({ ...leg, [`x${i}`]: leg?.from['a'] })).filter( => .x)[";
  for (let end = 0; end <= source.length; end++) {
    for (let at = 0; at <= end; at++)
      expect(Array.isArray(completionsAt(source.slice(0, end), at, flightRoots))).toBe(true);
  }
});

test('arrow functions nested in arrow functions are looked at once each', () => {
  const source = `${'value.legs.map(a => value.legs.filter(b => '.repeat(12)}b.`;
  expect(completionsAt(source, source.length, flightRoots).map(({ label }) => label)).toEqual(['from', 'minutes']);
});

test('a source that is too long to compile is not searched for completions', () => {
  expect(completionsAt(`${' '.repeat(4096)}value.`, 4102, flightRoots)).toEqual([]);
  expect(completionsAt(`value.${' '.repeat(5000)}`, 6, flightRoots)).not.toEqual([]);
});
