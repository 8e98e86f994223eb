import { describe, expect, it } from 'vitest';
import { validatePipeline } from '../../pipeline/validate-pipeline.ts';
import { sketch } from '../../testing/pipeline-sketch.ts';
import { TopologyTestDriver, untypedTopic } from '../../testing/topology-test-driver.ts';
import { topicCatalogue } from '../../topology/topic-catalogue.ts';

const branches = [
  { name: 'large', condition: 'value.n > 100' },
  { name: 'even', condition: 'value.n % 2 == 0' },
];

function pipeline(config: object, outputs: readonly string[]) {
  const sinks = Object.fromEntries(
    outputs.map((name) => [`to-${name}`, ['sink', { topic: name, partitions: 1 }] as const]),
  );
  return sketch('p', { s: ['source', { topic: 't' }], b: ['branch', config], ...sinks }, [
    's > b',
    ...outputs.map((name) => `b.${name} > to-${name}`),
  ]);
}

function run(config: object, outputs: readonly string[], numbers: readonly unknown[]): TopologyTestDriver {
  const driver = new TopologyTestDriver(pipeline(config, outputs), [untypedTopic('t')]);
  for (const n of numbers) driver.pipe('t', { key: 'k', value: { n }, timestamp: 5 });
  return driver;
}

function found(config: object, outputs: readonly string[] = ['otherwise']) {
  return validatePipeline(pipeline(config, outputs), topicCatalogue([untypedTopic('t')])).diagnostics;
}

const numbersOf = (driver: TopologyTestDriver, topic: string) =>
  driver.read(topic).map(({ value }) => (value as { n: number }).n);

describe('branch', () => {
  it('lets each record leave once, by the first branch that takes it, or by the output for all others', () => {
    const driver = run({ branches }, ['large', 'even', 'otherwise'], [1, 2, 102, 103]);
    expect(numbersOf(driver, 'large')).toEqual([102, 103]);
    expect(numbersOf(driver, 'even')).toEqual([2]);
    expect(numbersOf(driver, 'otherwise')).toEqual([1]);
    expect(driver.run.counters().get('b')).toMatchObject({ in: 4, forwarded: 4, out: 4, filtered: 0 });
  });

  it('ends what no branch takes where there is no output for it', () => {
    const driver = run({ branches, otherwise: false }, ['large', 'even'], [1, 2]);
    expect(numbersOf(driver, 'even')).toEqual([2]);
    expect(driver.run.counters().get('b')).toMatchObject({ in: 2, forwarded: 1, filtered: 1 });
  });

  it('asks no condition behind the one that is true, and forwards nothing of a record on which one fails', () => {
    const config = { branches: [branches[0], { name: 'odd', condition: 'value.n.m' }] };
    const driver = run(config, ['large', 'odd', 'otherwise'], [200, 'x']);
    expect(numbersOf(driver, 'large')).toEqual([200]);
    expect(driver.run.counters().get('b')).toMatchObject({ in: 2, forwarded: 1, failed: 1 });
    expect(driver.run.failures()).toMatchObject([{ path: ['branches', 0, 'condition'] }]);
  });

  it('fails on a condition that gives neither true nor false', () => {
    const driver = run({ branches: [{ name: 'odd', condition: 'value.n' }] }, ['odd', 'otherwise'], [true, 1]);
    expect(driver.run.counters().get('b')).toMatchObject({ in: 2, forwarded: 1, failed: 1 });
    expect(driver.run.failures()).toMatchObject([{ code: 'type', message: expect.stringContaining('the branch odd') }]);
  });

  it('gives every output the type of its input', () => {
    const { outputs } = validatePipeline(pipeline({ branches }, ['large']), topicCatalogue([untypedTopic('t')]));
    expect(outputs.get('b.large')).toEqual(outputs.get('s.out'));
    expect(outputs.get('b.otherwise')).toEqual(outputs.get('s.out'));
  });

  it('says which of its outputs nothing reads', () => {
    expect(found({ branches }).map(({ code, severity, message }) => [code, severity, message])).toEqual([
      ['unread-output', 'warning', 'Nothing reads the output large of b. Wire it on, or remove it.'],
      ['unread-output', 'warning', 'Nothing reads the output even of b. Wire it on, or remove it.'],
    ]);
  });

  it('refuses names that are there already', () => {
    const twice = [branches[0], { name: 'large', condition: 'true' }];
    expect(found({ branches: twice })).toContainEqual(
      expect.objectContaining({ code: 'duplicate-name', path: ['branches', 1, 'name'] }),
    );
    expect(found({ branches: [{ name: 'otherwise', condition: 'true' }] })).toContainEqual(
      expect.objectContaining({ code: 'duplicate-name', path: ['branches', 0, 'name'] }),
    );
    expect(found({ branches: [{ name: 'Bad name', condition: 'true' }] })).toContainEqual(
      expect.objectContaining({ code: 'config', path: ['branches', 0, 'name'] }),
    );
  });

  it('says where a condition is wrong', () => {
    expect(
      found({ branches: [{ name: 'a', condition: 'value.n > ' }] }).find(({ path }) => path.length > 0),
    ).toMatchObject({
      path: ['branches', 0, 'condition'],
      span: { start: expect.any(Number) },
    });
  });
});
