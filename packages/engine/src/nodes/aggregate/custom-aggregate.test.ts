import { describe, expect, it } from 'vitest';
import { validatePipeline } from '../../pipeline/validate-pipeline.ts';
import { aggregateDriver } from '../../testing/aggregate-driver.ts';
import { sketch } from '../../testing/pipeline-sketch.ts';
import { untypedTopic } from '../../testing/topology-test-driver.ts';
import { topicCatalogue } from '../../topology/topic-catalogue.ts';

const number = { kind: 'number' } as const;
const orders = {
  ...untypedTopic('t'),
  value: {
    kind: 'object',
    open: false,
    fields: [{ name: 'amount', type: number, optional: false }],
  },
} as const;

/** What is found at the aggregate, and the type of its results. */
function checked(config: object) {
  const nodes = {
    s: ['source', { topic: 't' }],
    a: ['aggregate', { compute: 'custom', ...config }],
    o: ['sink', { topic: 'out' }],
  } as const;
  const catalogue = topicCatalogue([orders, untypedTopic('out')]);
  const { diagnostics, outputs } = validatePipeline(sketch('p', nodes, ['s > a', 'a > o']), catalogue);
  const found = diagnostics.filter(({ node }) => node === 'a');
  return { problems: found.map(({ code, path }) => [code, path.join('.')]), type: outputs.get('a.out')?.value };
}

describe('an aggregate by expressions', () => {
  it('begins with its first result and adds each record to it', () => {
    const driver = aggregateDriver({
      compute: 'custom',
      initial: '{ n: 0, last: null }',
      add: '{ n: aggregate.n + 1, last: value.x, key: key, at: timestamp }',
    });
    driver.pipe('t', { key: 'a', value: { x: 7 }, timestamp: 5 });
    driver.pipe('t', { key: 'a', value: { x: 8 }, timestamp: 3 });
    expect(driver.read('out').map(({ value, timestamp }) => [value, timestamp])).toEqual([
      [{ n: 1, last: 7, key: 'a', at: 5 }, 5],
      [{ n: 2, last: 8, key: 'a', at: 3 }, 5],
    ]);
    expect(driver.rows('p-a-store').map(({ value }) => value)).toEqual([{ n: 2, last: 8, key: 'a', at: 3 }]);
  });

  it('keeps the first value itself where nothing is to begin with, its bytes untouched', () => {
    const driver = aggregateDriver({ compute: 'custom', add: 'aggregate.x > value.x ? aggregate : value' });
    const bytes = new TextEncoder().encode('{ "x" : 1.50, "big": 12345678901234567890 }');
    driver.pipe('t', { key: 'a', value: bytes, timestamp: 1 });
    driver.pipe('t', { key: 'b', value: { x: 2 }, timestamp: 2 });
    driver.pipe('t', { key: 'b', value: { x: 1 }, timestamp: 3 });
    const values = driver.written
      .filter(({ topic }) => topic === 'out')
      .map(({ value }) => (typeof value === 'string' ? value : new TextDecoder().decode(value ?? undefined)));
    expect(values).toEqual(['{ "x" : 1.50, "big": 12345678901234567890 }', '{"x":2}', '{"x":2}']);
  });

  it('deletes a result that becomes null, and begins anew after it', () => {
    const driver = aggregateDriver({ compute: 'custom', initial: '10', add: 'value == 0 ? null : aggregate + value' });
    for (const [index, value] of [1, 2, 0, 3].entries()) driver.pipe('t', { key: 'a', value, timestamp: index });
    expect(driver.read('out').map(({ value }) => value)).toEqual([11, 13, null, 13]);
  });

  it('has the type of what it begins with and what it adds together', () => {
    expect(checked({ initial: '0', add: 'aggregate + value.amount' })).toEqual({ problems: [], type: number });
    expect(checked({ initial: '[]', add: '[...aggregate, value.amount]' })).toEqual({
      problems: [],
      type: { kind: 'array', element: number },
    });
    expect(checked({ initial: 'null', add: '(aggregate ?? 0) + value.amount' })).toMatchObject({ problems: [] });
    expect(checked({ add: '{ amount: aggregate.amount + value.amount }' })).toEqual({
      problems: [],
      type: orders.value,
    });
    expect(checked({ initial: '0', add: 'value.amount > 5 ? null : aggregate + 1' })).toEqual({
      problems: [],
      type: number,
    });
  });

  it('is refused where what it adds is of another type than what it begins with', () => {
    expect(checked({ initial: '0', add: "'text'" }).problems).toEqual([['aggregate-type', 'add']]);
    expect(checked({ initial: '0', add: 'aggregate + value.amonut' }).problems).toEqual([['unknown-field', 'add']]);
    expect(checked({ initial: '0', add: '' }).problems).toEqual([['missing-expression', 'add']]);
    expect(checked({ initial: 'value', add: 'aggregate' }).problems.map(([, path]) => path)).toContain('initial');
  });

  it('says how sessions merge, unless adding can do it', () => {
    const session = { window: 'session' };
    expect(checked({ ...session, initial: '0', add: 'aggregate + 1' }).problems).toEqual([
      ['missing-expression', 'merge'],
    ]);
    expect(checked({ ...session, initial: '0', add: 'aggregate + 1', merge: 'left + right' }).problems).toEqual([]);
    expect(checked({ ...session, initial: '0', add: 'aggregate + 1', merge: '[left, right]' }).problems).toEqual([
      ['aggregate-type', 'merge'],
    ]);
    expect(checked({ ...session, add: '{ amount: aggregate.amount + value.amount }' }).problems).toEqual([]);
  });

  it('knows the window where there is one', () => {
    expect(checked({ initial: '0', add: 'window.start' }).problems.map(([, path]) => path)).toEqual(['add']);
    expect(checked({ window: 'hopping', initial: '0', add: 'window.start' }).problems).toEqual([]);
  });
});

describe('windows of an aggregate', () => {
  const windowed = (config: object) =>
    checked({ initial: '0', add: 'aggregate + 1', merge: 'left + right', ...config }).problems;

  it('are refused where they make no sense', () => {
    expect(windowed({ window: 'hopping', windowMs: 10, advanceMs: 0 })).toEqual([['window-advance', 'advanceMs']]);
    expect(windowed({ window: 'hopping', windowMs: 10, advanceMs: 11 })).toEqual([['window-advance', 'advanceMs']]);
    expect(windowed({ window: 'hopping', windowMs: 86_400_000, advanceMs: 1 })).toEqual([
      ['window-advance', 'advanceMs'],
    ]);
    expect(windowed({ window: 'session', windowMs: 0 })).toEqual([['window-length', 'windowMs']]);
    expect(windowed({ window: 'sliding', windowMs: 10, retentionMs: 15 })).toEqual([['retention', 'retentionMs']]);
    expect(windowed({ window: 'tumbling', graceMs: -1 })).toEqual([['grace', 'graceMs']]);
  });

  it('take a time zone for whole days only', () => {
    const zone = { window: 'tumbling', timeZone: 'Europe/Berlin' };
    expect(windowed({ ...zone, windowMs: 86_400_000, retentionMs: 86_400_000 })).toEqual([]);
    expect(windowed(zone)).toEqual([['time-zone', 'timeZone']]);
    expect(windowed({ ...zone, windowMs: 86_400_000, timeZone: 'Europe/Berlon' })).toEqual([['time-zone', 'timeZone']]);
    expect(windowed({ window: 'session', timeZone: 'Europe/Berlin' })).toEqual([]);
  });
});
