import { describe, expect, it } from 'vitest';
import { validatePipeline } from '../../pipeline/validate-pipeline.ts';
import { sketch } from '../../testing/pipeline-sketch.ts';
import { TopologyTestDriver } from '../../testing/topology-test-driver.ts';
import { topicCatalogue } from '../../topology/topic-catalogue.ts';
import { GeneratedTopics } from './generated-topics.ts';

const orders = {
  fields: [
    { name: 'n', kind: 'sequence' },
    { name: 'user', kind: 'choice', choices: ['ann', 'bob', 'cem'] },
    { name: 'note', kind: 'text', min: 1, max: 3, nullShare: 0.2 },
  ],
  keyField: 'user',
  count: 90,
};

function judge(settings: object) {
  const pipeline = sketch('p', { made: ['generator', settings], out: ['sink', { topic: 'out' }] }, ['made > out']);
  return validatePipeline(pipeline, topicCatalogue([]));
}

function findings(settings: object) {
  return judge(settings).diagnostics.map(({ code, path, fix }) => ({ code, path, fix: fix?.value }));
}

describe('generator', () => {
  it('makes the same records in every run', () => {
    const outcome = () => {
      const driver = new TopologyTestDriver(
        sketch('p', { made: ['generator', orders], out: ['sink', { topic: 'out' }] }, ['made > out']),
        [],
      );
      new GeneratedTopics(driver.topology).pipeInto(driver.run);
      driver.run.drain();
      expect(driver.run.counters().get('made')).toMatchObject({ in: 90, forwarded: 90 });
      return driver.read('out');
    };
    expect(outcome()).toHaveLength(90);
    expect(outcome()).toEqual(outcome());
  });

  it('lets equal keys meet where several partitions are dealt their records in turn', () => {
    const driver = new TopologyTestDriver(
      sketch(
        'p',
        {
          made: ['generator', { ...orders, partitions: 3 }],
          counted: ['aggregate', { aggregations: [{ name: 'n', function: 'count' }] }],
          out: ['sink', { topic: 'out' }],
        },
        ['made > counted', 'counted > out'],
      ),
      [],
    );
    new GeneratedTopics(driver.topology).pipeInto(driver.run);
    driver.run.drain();
    const counts = new Map(driver.read('out').map(({ key, value }) => [key, (value as { n: number }).n]));
    expect([...counts.keys()].sort()).toEqual(['ann', 'bob', 'cem']);
    expect([...counts.values()].reduce((sum, count) => sum + count, 0)).toBe(90);
  });

  it('says what its records are', () => {
    const text = { kind: 'string' };
    expect(judge(orders).outputs.get('made.out')).toMatchObject({
      shape: 'stream',
      keyFormat: 'string',
      key: text,
      value: {
        open: false,
        fields: [
          { name: 'n', type: { kind: 'number' } },
          { name: 'user', type: text },
          { name: 'note', type: { kind: 'union', members: [text, { kind: 'null' }] } },
        ],
      },
    });
    const nexmark = judge({ model: 'nexmark' }).outputs.get('made.out')?.value;
    const fields = nexmark?.kind === 'object' ? nexmark.fields.map(({ name }) => name) : [];
    expect(fields).toEqual(expect.arrayContaining(['type', 'dateTime', 'bidder', 'seller', 'creditCard']));
  });

  it('finds nothing wrong with what a new one has', () => {
    expect(findings({ fields: [{ name: 'n', kind: 'sequence' }] })).toEqual([]);
  });

  it('says what cannot be made, with a way out', () => {
    expect(findings({})).toEqual([{ code: 'missing-field', path: ['fields'], fix: undefined }]);
    expect(findings({ fields: [{ name: 'a' }, { name: 'a' }] })).toEqual([
      { code: 'duplicate-name', path: ['fields', 1, 'name'], fix: undefined },
    ]);
    expect(findings({ fields: [{ name: 'a', kind: 'choice' }] })).toEqual([
      { code: 'missing-choices', path: ['fields', 0, 'choices'], fix: undefined },
    ]);
    expect(findings({ fields: [{ name: 'a', kind: 'integer', min: 5, max: 1 }] })).toEqual([
      { code: 'range', path: ['fields', 0, 'max'], fix: 5 },
    ]);
    expect(findings({ fields: [{ name: 'a', kind: 'integer', min: 0.4, max: 1 }] })).toEqual([
      { code: 'range', path: ['fields', 0, 'min'], fix: 0 },
    ]);
    expect(findings({ fields: [{ name: 'a', kind: 'text', min: 0, max: 1e9 }] })).toEqual([
      { code: 'range', path: ['fields', 0, 'max'], fix: 10_000 },
    ]);
  });

  it('says when the key is no field, or no key of its format', () => {
    expect(findings({ ...orders, keyField: 'usr' })).toEqual([
      { code: 'unknown-field', path: ['keyField'], fix: 'user' },
    ]);
    expect(findings({ ...orders, keyField: 'n' })).toEqual([{ code: 'key-format', path: ['keyFormat'], fix: 'int64' }]);
    expect(findings({ ...orders, keyField: 'n', keyFormat: 'int64' })).toEqual([]);
  });
});
