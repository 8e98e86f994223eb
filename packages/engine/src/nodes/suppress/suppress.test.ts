import { describe, expect, it } from 'vitest';
import { missingFates } from '../../metrics/fates.ts';
import { validatePipeline } from '../../pipeline/validate-pipeline.ts';
import { sketch } from '../../testing/pipeline-sketch.ts';
import { RestartingDriver } from '../../testing/restarting-driver.ts';
import { type DriverRecord, TopologyTestDriver, untypedTopic } from '../../testing/topology-test-driver.ts';
import { topicCatalogue } from '../../topology/topic-catalogue.ts';

const topics = [untypedTopic('t'), untypedTopic('u'), untypedTopic('out')];

const ofTable = (config: object) =>
  sketch(
    'p',
    { s: ['source', { topic: 't', readAs: 'table' }], h: ['suppress', config], o: ['sink', { topic: 'out' }] },
    ['s > h', 'h > o'],
  );

const ofWindows = (config: object = {}, graceMs = 1) =>
  sketch(
    'p',
    {
      s: ['source', { topic: 't' }],
      a: ['aggregate', { window: 'tumbling', windowMs: 2, graceMs, aggregations: [{ name: 'n', function: 'count' }] }],
      h: ['suppress', { until: 'window-close', ...config }],
      o: ['sink', { topic: 'out' }],
    },
    ['s > a', 'a > h', 'h > o'],
  );

const driverOf = (pipeline: ReturnType<typeof sketch>): TopologyTestDriver => new TopologyTestDriver(pipeline, topics);

/** What is said about the suppress node. */
const foundIn = (pipeline: ReturnType<typeof sketch>) =>
  validatePipeline(pipeline, topicCatalogue(topics)).diagnostics.filter(({ node }) => node === 'h');

const at = (timestamp: number, key: string, value: unknown): DriverRecord => ({ key, value, timestamp });

const outputs = (driver: TopologyTestDriver) =>
  driver.read('out').map(({ key, value, timestamp }) => [key, value, timestamp]);

describe('suppressing for a time', () => {
  it('passes on the last change of a row when the first one that was held back is old enough', () => {
    const driver = driverOf(ofTable({ waitMs: 2 }));
    driver.pipe('t', at(0, 'a', 1));
    driver.pipe('t', at(1, 'a', 2));
    expect(outputs(driver)).toEqual([]);
    driver.pipe('t', at(2, 'b', 1));
    expect(outputs(driver)).toEqual([['a', 2, 1]]);
    driver.pipe('t', at(3, 'a', 3));
    driver.pipe('t', at(4, 'c', 1));
    expect(outputs(driver)).toEqual([['b', 1, 2]]);
    driver.pipe('t', at(5, 'c', 2));
    expect(outputs(driver)).toEqual([['a', 3, 3]]);
    const counters = driver.run.counters().get('h');
    expect(counters).toMatchObject({ in: 6, absorbed: 6, timed: 3, out: 0 });
    expect(counters && missingFates(counters)).toBe(0);
  });

  it('lets rows of one time go in the order of their keys, and older ones first', () => {
    const driver = driverOf(ofTable({ waitMs: 10 }));
    for (const key of ['b', 'a', 'ab', 'B']) driver.pipe('t', at(5, key, 1));
    driver.pipe('t', at(3, 'z', 1));
    driver.pipe('t', at(15, 'end', 1));
    expect(outputs(driver).map(([key]) => key)).toEqual(['z', 'B', 'a', 'ab', 'b']);
  });

  it('holds nothing back without a wait', () => {
    const driver = driverOf(ofTable({ waitMs: 0 }));
    driver.pipe('t', at(3, 'a', 1));
    driver.pipe('t', at(1, 'a', 2));
    driver.pipe('t', at(2, 'a', null));
    expect(outputs(driver)).toEqual([
      ['a', 1, 3],
      ['a', 2, 1],
      ['a', null, 2],
    ]);
    expect(driver.run.counters().get('h')).toMatchObject({ in: 3, forwarded: 3, out: 3, timed: 0 });
  });

  it('passes deletions on, of rows that nobody has heard of too', () => {
    const driver = driverOf(ofTable({ waitMs: 2 }));
    driver.pipe('t', at(0, 'a', 1));
    driver.pipe('t', at(1, 'a', null));
    driver.pipe('t', at(9, 'b', 1));
    expect(outputs(driver)).toEqual([['a', null, 1]]);
  });

  it('keeps the headers of the last change, and its bytes', () => {
    const driver = driverOf(ofTable({ waitMs: 2 }));
    const header = (text: string) => [
      { name: 'h', value: new TextEncoder().encode(text) },
      { name: 'none', value: null },
    ];
    const text = '{ "id": 12345678901234567890, "x": 1.0 }';
    driver.pipe('t', { ...at(0, 'a', 1), headers: header('first') });
    driver.pipe('t', { ...at(1, 'a', new TextEncoder().encode(text)), headers: header('\u0000ÿ last') });
    driver.pipe('t', at(9, 'b', 1));
    const [written] = driver.written.filter(({ topic }) => topic === 'out');
    expect(written?.headers).toEqual(header('\u0000ÿ last'));
    const { value } = written ?? {};
    expect(value instanceof Uint8Array ? new TextDecoder().decode(value) : value).toBe(text);
  });
});

describe('suppressing until windows close', () => {
  const final = (driver: TopologyTestDriver) =>
    driver.read('out', 'json').map(({ key, value, timestamp }) => {
      const { start } = key as { start: number };
      return [start, (value as { n: number }).n, timestamp];
    });

  it('gives one result a window, when its end and the grace are over', () => {
    const driver = driverOf(ofWindows());
    for (const timestamp of [0, 1, 2, 1, 0]) driver.pipe('t', at(timestamp, 'k', 1));
    expect(final(driver)).toEqual([]);
    driver.pipe('t', at(5, 'k', 1));
    expect(final(driver)).toEqual([
      [0, 4, 1],
      [2, 1, 2],
    ]);
    driver.pipe('t', at(0, 'k', 1));
    expect(final(driver)).toEqual([]);
    expect(driver.run.counters().get('h')).toMatchObject({ in: 6, absorbed: 6, timed: 2 });
  });

  it('gives what is left when a run ends and is to close', () => {
    const driver = driverOf(ofWindows({}, 1000));
    driver.pipe('t', at(0, 'k', 1));
    driver.pipe('t', at(3, 'k', 1));
    expect(final(driver)).toEqual([]);
    driver.run.close();
    expect(final(driver)).toEqual([
      [0, 1, 0],
      [2, 1, 3],
    ]);
  });

  it('says nothing of rows that are deleted before their window closes', () => {
    const driver = driverOf(
      sketch(
        'p',
        {
          s: ['source', { topic: 't' }],
          a: ['aggregate', { window: 'tumbling', windowMs: 2, aggregations: [{ name: 'n', function: 'count' }] }],
          f: ['map', { value: 'value.n > 1 ? null : value' }],
          h: ['suppress', { until: 'window-close' }],
          o: ['sink', { topic: 'out' }],
        },
        ['s > a', 'a > f', 'f > h', 'h > o'],
      ),
    );
    for (const timestamp of [0, 1, 2, 9]) driver.pipe('t', at(timestamp, 'k', 1));
    expect(final(driver)).toEqual([[2, 1, 2]]);
  });

  it('is refused where there are no windows', () => {
    expect(foundIn(ofTable({ until: 'window-close' }))).toMatchObject([
      { code: 'not-windowed', path: ['until'], fix: { value: 'time' } },
    ]);
    expect(foundIn(ofWindows())).toEqual([]);
  });
});

describe('a full buffer', () => {
  it('lets the oldest rows go early', () => {
    const driver = driverOf(ofTable({ waitMs: 1000, maxRecords: 2 }));
    driver.pipe('t', at(5, 'a', 1));
    driver.pipe('t', at(3, 'b', 1));
    driver.pipe('t', at(9, 'a', 2));
    expect(outputs(driver)).toEqual([]);
    driver.pipe('t', at(4, 'c', 1));
    expect(outputs(driver)).toEqual([['b', 1, 3]]);
    // The one that came is itself the oldest.
    driver.pipe('t', at(1, 'd', 1));
    expect(outputs(driver)).toEqual([['d', 1, 1]]);
    expect(driver.run.counters().get('h')).toMatchObject({ in: 5, forwarded: 2, absorbed: 3, out: 2, timed: 0 });
  });

  it('is measured in bytes too', () => {
    const driver = driverOf(ofTable({ waitMs: 1000, maxBytes: 300 }));
    driver.pipe('t', at(1, 'a', 'x'.repeat(100)));
    driver.pipe('t', at(2, 'a', 'x'.repeat(200)));
    expect(outputs(driver)).toEqual([]);
    driver.pipe('t', at(3, 'b', 'ü'.repeat(50)));
    expect(outputs(driver).map(([key]) => key)).toEqual(['a']);
    driver.pipe('t', at(4, 'c', 'x'.repeat(400)));
    expect(outputs(driver).map(([key]) => key)).toEqual(['b', 'c']);
  });

  it('stops the pipeline where results must be final', () => {
    const driver = driverOf(ofTable({ waitMs: 1000, maxRecords: 1, whenFull: 'fail' }));
    driver.pipe('t', at(5, 'a', 1));
    driver.pipe('t', at(6, 'a', 2));
    expect(() => driver.pipe('t', at(7, 'b', 1))).toThrow(/buffer exceeded its max capacity.*2 rows of at most 1/);
    expect(outputs(driver)).toEqual([]);
  });
});

describe('a suppressed table', () => {
  const joined = () =>
    driverOf(
      sketch(
        'p',
        {
          l: ['source', { topic: 'u' }],
          r: ['source', { topic: 't', readAs: 'table' }],
          h: ['suppress', { waitMs: 10 }],
          j: ['join', { type: 'left', value: '{ left, right }' }],
          o: ['sink', { topic: 'out' }],
        },
        ['r > h', 'l > j.left', 'h > j.right', 'j > o'],
      ),
    );

  it('shows to who looks a row up what was passed on last, not what is held back', () => {
    const driver = joined();
    const seen = (timestamp: number, key = 'a') => {
      driver.pipe('u', at(timestamp, key, 0));
      return outputs(driver).map(([, value]) => (value as { right: unknown }).right)[0];
    };
    driver.pipe('t', at(0, 'a', 1));
    expect(seen(1)).toBeNull();
    driver.pipe('t', at(10, 'tick', 1));
    expect(seen(11)).toBe(1);
    driver.pipe('t', at(12, 'a', 2));
    driver.pipe('t', at(13, 'a', 3));
    expect(seen(14)).toBe(1);
    driver.pipe('t', at(22, 'tick', 2));
    expect(seen(23)).toBe(3);
  });

  it('tells those who ask what a row was before all that was held back', () => {
    // The filter sends a deletion only of what has passed it before.
    const driver = driverOf(
      sketch(
        'p',
        {
          s: ['source', { topic: 't', readAs: 'table' }],
          h: ['suppress', { waitMs: 10 }],
          f: ['filter', { condition: 'value > 5' }],
          o: ['sink', { topic: 'out' }],
        },
        ['s > h', 'h > f', 'f > o'],
      ),
    );
    driver.pipe('t', at(0, 'a', 9));
    driver.pipe('t', at(10, 'a', 1));
    driver.pipe('t', at(20, 'tick', 1));
    // Held back: from nothing to 1.
    expect(outputs(driver)).toEqual([]);
    driver.pipe('t', at(21, 'a', 7));
    driver.pipe('t', at(31, 'tock', 1));
    driver.pipe('t', at(32, 'a', 2));
    driver.pipe('t', at(42, 'tick', 2));
    expect(outputs(driver)).toEqual([
      ['a', 7, 21],
      ['a', null, 32],
    ]);
  });
});

describe('what is held back', () => {
  it('is there again after a restart, with its places, its size and its headers', async () => {
    const cases: readonly [name: string, pipeline: ReturnType<typeof sketch>, keyFormat: 'string' | 'json'][] = [
      ['time', ofTable({ waitMs: 4 }), 'string'],
      ['records', ofTable({ waitMs: 1000, maxRecords: 3 }), 'string'],
      ['bytes', ofTable({ waitMs: 1000, maxBytes: 200 }), 'string'],
      ['windows', ofWindows(), 'json'],
      ['windows, few', ofWindows({ maxRecords: 2 }, 6), 'json'],
    ];
    for (const [name, pipeline, keyFormat] of cases) {
      const driver = driverOf(pipeline);
      const restarting = new RestartingDriver(pipeline, topics);
      let state = 7;
      const random = (below: number): number => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return Math.floor((state / 2 ** 32) * below);
      };
      for (let step = 0; step < 40; step++) {
        const record = at(Math.max(0, step - random(4)), `k${random(5)}`, random(6) === 0 ? null : step);
        driver.pipe('t', record);
        await restarting.pipe('t', record);
      }
      const written = driver.read('out', keyFormat);
      expect(written.length, name).toBeGreaterThan(5);
      expect(await restarting.read('out', keyFormat), name).toEqual(written);
    }
  });

  it('leaves in time however much has left before it, late rows among it', () => {
    const driver = driverOf(ofTable({ waitMs: 10 }));
    for (let step = 0; step < 3000; step++) {
      driver.pipe('t', at(step, `k${step}`, step));
      if (step % 3 === 0) driver.pipe('t', at(Math.max(0, step - 20), `late${step}`, step));
    }
    expect(outputs(driver)).toHaveLength(3000 - 10 + 1000);
  });
});

describe('a versioned table', () => {
  it('cannot be held back', () => {
    const pipeline = sketch(
      'p',
      {
        s: ['source', { topic: 't', readAs: 'table', historyMs: 1000 }],
        f: ['filter', { condition: 'value > 1' }],
        h: ['suppress', {}],
        o: ['sink', { topic: 'out' }],
      },
      ['s > f', 'f > h', 'h > o'],
    );
    expect(foundIn(pipeline)).toMatchObject([{ code: 'versioned-table', severity: 'error' }]);
  });
});

describe('the settings of a suppress node', () => {
  it('are refused below zero, each with a way out', () => {
    expect(foundIn(ofTable({ waitMs: -1, maxRecords: -1, maxBytes: -1 }))).toMatchObject([
      { code: 'negative', path: ['waitMs'], fix: { value: 0 } },
      { code: 'negative', path: ['maxRecords'], fix: { value: 0 } },
      { code: 'negative', path: ['maxBytes'], fix: { value: 0 } },
    ]);
    expect(foundIn(ofTable({ waitMs: 0 }))).toEqual([]);
  });
});
