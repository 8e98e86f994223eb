import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Binary } from '../testing/binary.ts';
import { orders, ordersPipeline } from '../testing/orders-pipeline.ts';

let millrace: Binary;
const minute = 60_000;

beforeAll(async () => {
  millrace = await Binary.build();
  await millrace.write('orders.pipeline.json', ordersPipeline({ condition: 'value.amount >= 10' }));
  await millrace.write('orders.ndjson', orders);
}, 60_000);
afterAll(() => millrace.remove());

function runOrders(output: string, ...more: readonly string[]) {
  return millrace.run('run', 'orders.pipeline.json', '--input', 'orders=orders.ndjson', '--output', output, ...more);
}

describe('run', () => {
  it('writes what the sink writes, in the order of event time, windows beside their keys', async () => {
    expect(await runOrders('out')).toMatchObject({ exitCode: 0, stdout: '' });
    expect(await millrace.names('out')).toEqual(['orders-dead-letters.ndjson', 'totals.ndjson']);
    const first = { start: 0, end: minute };
    const second = { start: minute, end: 2 * minute };
    const expected = [
      { key: 'ann', window: first, value: { orders: 1, total: 12 }, timestamp: 1_000, headers: {} },
      { key: 'ann', window: first, value: { orders: 2, total: 42 }, timestamp: 59_999, headers: {} },
      { key: 'cat', window: second, value: { orders: 1, total: 10 }, timestamp: 60_000, headers: {} },
      {
        key: 'ann',
        window: second,
        value: { orders: 1, total: 15 },
        timestamp: 61_000,
        headers: { trace: 'é', none: null },
      },
    ];
    const lines = await millrace.lines('out/totals.ndjson');
    expect(lines.map(({ partition, ...line }) => line)).toEqual(expected);
    expect(new Set(lines.map(({ partition }) => partition))).toEqual(new Set([0, 1]));
    expect((await millrace.text('out/totals.ndjson')).split('\n')[0]).toMatch(
      /^\{"key":"ann","window":\{"start":0,"end":60000\},"value":\{"orders":1,"total":12\},"timestamp":1000,"headers":\{\},"partition":[01]\}$/,
    );
  });

  it('writes dead letters with the node and the reason', async () => {
    const [letter, ...others] = await millrace.lines('out/orders-dead-letters.ndjson');
    expect(others).toEqual([]);
    expect(letter).toMatchObject({ key: 'dot', value: { amount: 'many' }, timestamp: 62_000 });
    expect(letter?.headers).toMatchObject({
      'millrace.node': 'large',
      'millrace.source': 'orders-0@6',
      'millrace.source-value': '{"amount":"many"}',
    });
  });

  it('accounts for every record on stderr', async () => {
    const { stderr } = await runOrders('account');
    expect(stderr).toMatch(/\nnode +in +out +forwarded +filtered +late +failed\n/);
    expect(stderr).toMatch(/\nlarge +7 +5 +5 +1 +0 +1\n/);
    expect(stderr).toMatch(/\ncounted +5 +4 +4 +0 +1 +0\n/);
  });

  it('gives the same bytes every time', async () => {
    await runOrders('once', '--stores', '--close', '--partitions', '3');
    await runOrders('again', '--stores', '--close', '--partitions', '3');
    const names = await millrace.names('once');
    expect(names).toEqual(['orders-counted-store.store.ndjson', 'orders-dead-letters.ndjson', 'totals.ndjson']);
    expect(await millrace.names('again')).toEqual(names);
    for (const name of names ?? []) {
      expect(await millrace.text(`again/${name}`)).toBe(await millrace.text(`once/${name}`));
    }
  });

  it('ends with --close as without it, since no node here waits for its windows to close', async () => {
    await runOrders('open', '--stores');
    const { stderr } = await runOrders('closed', '--stores', '--close');
    expect(stderr).not.toContain('timed');
    for (const name of (await millrace.names('open')) ?? []) {
      expect(await millrace.text(`closed/${name}`)).toBe(await millrace.text(`open/${name}`));
    }
  });

  it('writes the entries of each store with --stores, newest window first', async () => {
    await runOrders('stores', '--stores');
    expect(await millrace.lines('stores/orders-counted-store.store.ndjson')).toEqual([
      {
        key: 'ann',
        window: { start: minute, end: 2 * minute },
        value: { orders: 1, total: 15 },
        timestamp: 61_000,
        headers: {},
        partition: 0,
      },
      {
        key: 'cat',
        window: { start: minute, end: 2 * minute },
        value: { orders: 1, total: 10 },
        timestamp: 60_000,
        headers: {},
        partition: 0,
      },
      {
        key: 'ann',
        window: { start: 0, end: minute },
        value: { orders: 2, total: 42 },
        timestamp: 59_999,
        headers: {},
        partition: 0,
      },
    ]);
  });

  it('gives its output back as an input', async () => {
    await runOrders('first');
    await millrace.write('totals.pipeline.json', {
      formatVersion: 1,
      id: 'totals',
      name: 'Totals',
      nodes: [
        { id: 'totals', kind: 'source', name: 'totals', config: { topic: 'totals', keyFormat: 'json' } },
        {
          id: 'by-key',
          kind: 'map',
          name: 'by-key',
          config: { value: '{ who: key.key, from: key.start, total: value.total }' },
        },
        { id: 'out', kind: 'sink', name: 'out', config: { topic: 'plain' } },
      ],
      edges: [
        { from: 'totals.out', to: 'by-key.in' },
        { from: 'by-key.out', to: 'out.in' },
      ],
    });
    const outcome = await millrace.run(
      'run',
      'totals.pipeline.json',
      '-i',
      'totals=first/totals.ndjson',
      '-o',
      'second',
    );
    expect(outcome).toMatchObject({ exitCode: 0 });
    const plain = await millrace.lines('second/plain.ndjson');
    expect(plain.map(({ value }) => value)).toEqual([
      { who: 'ann', from: 0, total: 12 },
      { who: 'ann', from: 0, total: 42 },
      { who: 'cat', from: minute, total: 10 },
      { who: 'ann', from: minute, total: 15 },
    ]);
    expect(plain[0]?.key).toEqual({ key: 'ann', start: 0, end: minute });
  });

  it('takes lines with a value alone, and puts records without a key in the partition of their line', async () => {
    await millrace.write('copy.pipeline.json', copyPipeline());
    await millrace.write('values.ndjson', '{"value":1}\n\n{"value":null}\r\n {"value":[9007199254740991,-0,1.0]} ');
    const outcome = await millrace.run(
      'run',
      'copy.pipeline.json',
      '-i',
      'in=values.ndjson',
      '-o',
      'values',
      '-p',
      '2',
    );
    expect(outcome).toMatchObject({ exitCode: 0 });
    const lines = (await millrace.text('values/copy.ndjson')).trimEnd().split('\n');
    // Lines 1 and 3 make offsets 0 and 1 of partition 1, line 4 offset 0 of partition 0, which goes first at equal times.
    expect(lines).toEqual([
      '{"key":null,"value":[9007199254740991,0,1],"timestamp":0,"headers":{},"partition":0}',
      '{"key":null,"value":1,"timestamp":0,"headers":{},"partition":0}',
      '{"key":null,"value":null,"timestamp":0,"headers":{},"partition":1}',
    ]);
  });

  it('has as many partitions as the inputs name', async () => {
    await millrace.write('two.ndjson', [
      { key: 'a', value: 'late', timestamp: 9, partition: 2 },
      { key: 'b', value: 'early', timestamp: 8, partition: 0 },
    ]);
    const outcome = await millrace.run('run', 'copy.pipeline.json', '-i', 'in=two.ndjson', '-o', 'two');
    expect(outcome).toMatchObject({ exitCode: 0 });
    expect((await millrace.lines('two/copy.ndjson')).map(({ value }) => value)).toEqual(['early', 'late']);
    const few = await millrace.run('run', 'copy.pipeline.json', '-i', 'in=two.ndjson', '-o', 'few', '-p', '2');
    expect(few).toMatchObject({
      exitCode: 1,
      stderr: 'two.ndjson:1: There is no partition 2: the topics have 2, counted from 0. Raise --partitions.\n',
    });
    expect(await millrace.names('few')).toBe(null);
  });

  it.each([
    ['without a value', '{"key":"a"}', ':1: The line has no value. Write null for a record without one.'],
    [
      'with unknown properties',
      '{"value":1}\n{"value":1,"when":2,"why":3}',
      ':2: A line has no property when, why. Its properties are key, value, timestamp, headers, partition, window.',
    ],
    [
      'that is not JSON',
      '{"value":1}\n\n{"value":}',
      ':3:10: It is not JSON: here should be a value, and there is "}".',
    ],
    ['that is no object', '[1]', ':1: A line is a JSON object such as {"key":"a","value":1}.'],
    [
      'with a date for a timestamp',
      '{"value":1,"timestamp":"2001-01-01"}',
      ':1: The timestamp is not a whole number of milliseconds.',
    ],
    ['with a number for a header', '{"value":1,"headers":{"a":1}}', ':1: The header a is neither text nor null.'],
    ['with a negative partition', '{"value":1,"partition":-1}', ':1: The partition is not a whole number from 0.'],
    ['whose key does not fit its format', '{"key":5,"value":1}', ':1: The key 5 does not fit the key format string.'],
    [
      'with half a window',
      '{"value":1,"key":"a","window":{"start":1}}',
      ':1: The window is not {"start":…,"end":…} in epoch milliseconds.',
    ],
    [
      'that is nested too deep',
      `{"value":${'['.repeat(20_000)}${']'.repeat(20_000)}}`,
      ':1: The value is nested too deep.',
    ],
  ])('refuses a line %s', async (_what, text, reason) => {
    await millrace.write('bad.ndjson', text);
    const outcome = await millrace.run('run', 'copy.pipeline.json', '-i', 'in=bad.ndjson', '-o', 'bad');
    expect(outcome).toEqual({ exitCode: 1, stdout: '', stderr: `bad.ndjson${reason}\n` });
    expect(await millrace.names('bad')).toBe(null);
  });

  it('refuses bytes that are not UTF-8, with their line', async () => {
    await writeFile(join(millrace.directory, 'latin.ndjson'), Buffer.from('{"value":1}\n{"value":"\xe9"}\n', 'latin1'));
    const outcome = await millrace.run('run', 'copy.pipeline.json', '-i', 'in=latin.ndjson', '-o', 'latin');
    expect(outcome).toMatchObject({ exitCode: 1, stderr: 'latin.ndjson:2: The line is not valid UTF-8.\n' });
  });

  it('takes the records of a generator, of an endless one as many as it says or is told', async () => {
    const generated = (settings: object) => ({
      formatVersion: 1,
      id: 'made',
      name: 'made',
      nodes: [
        {
          id: 'gen',
          kind: 'generator',
          name: 'gen',
          config: { fields: [{ name: 'n', kind: 'sequence' }], ...settings },
        },
        { id: 'out', kind: 'sink', name: 'out', config: { topic: 'numbers', partitions: 1 } },
      ],
      edges: [{ from: 'gen.out', to: 'out.in' }],
    });
    await millrace.write('endless.pipeline.json', generated({ partitions: 2 }));
    await millrace.write('seven.pipeline.json', generated({ count: 7 }));
    const count = async (directory: string) => (await millrace.lines(`${directory}/numbers.ndjson`)).length;

    const endless = await millrace.run('run', 'endless.pipeline.json', '-o', 'endless');
    expect(endless).toMatchObject({ exitCode: 0 });
    expect(endless.stderr).toContain('The generator gen makes records without end. This run takes 10,000 of each');
    expect(await count('endless')).toBe(20_000);

    const told = await millrace.run('run', 'endless.pipeline.json', '-o', 'told', '--records', '5');
    expect(told.stderr).not.toContain('without end');
    expect(await count('told')).toBe(10);

    await millrace.run('run', 'seven.pipeline.json', '-o', 'seven');
    expect((await millrace.lines('seven/numbers.ndjson')).map(({ value }) => value)).toEqual(
      [0, 1, 2, 3, 4, 5, 6].map((n) => ({ n })),
    );
  });

  it('reads and writes values that are text or bytes', async () => {
    const copy = (format: string) => ({
      formatVersion: 1,
      id: 'copy',
      name: 'copy',
      nodes: [
        { id: 'in', kind: 'source', name: 'in', config: { topic: 'in', valueFormat: format } },
        { id: 'longer', kind: 'filter', name: 'longer', config: { condition: 'value == null || value.length > 2' } },
        { id: 'out', kind: 'sink', name: 'out', config: { topic: 'out', valueFormat: format } },
      ],
      edges: [
        { from: 'in.out', to: 'longer.in' },
        { from: 'longer.out', to: 'out.in' },
      ],
    });
    for (const [format, values] of [
      ['text', ['plain', '{"a":1}', null]],
      ['bytes', ['/wA=', null]],
    ] as const) {
      await millrace.write('copy-form.pipeline.json', copy(format));
      await millrace.write(
        'form.ndjson',
        values.map((value) => ({ key: 'a', value })),
      );
      const outcome = await millrace.run('run', 'copy-form.pipeline.json', '-i', 'in=form.ndjson', '-o', format);
      expect(outcome).toMatchObject({ exitCode: 0 });
      expect((await millrace.lines(`${format}/out.ndjson`)).map(({ value }) => value)).toEqual(values);
    }
    await millrace.write('form.ndjson', [{ key: 'a', value: 5 }]);
    const refused = await millrace.run('run', 'copy-form.pipeline.json', '-i', 'in=form.ndjson', '-o', 'refused');
    expect(refused.stderr).toBe(
      'form.ndjson:1: The value is no text, and the source reads values in the format bytes.\n',
    );
  });

  it('refuses a source topic without an input, and an input without a source', async () => {
    const without = await millrace.run('run', 'orders.pipeline.json', '-o', 'none');
    expect(without).toMatchObject({
      exitCode: 1,
      stderr: 'orders.pipeline.json: The source topic orders has no input. Add --input orders=FILE.\n',
    });
    const other = await runOrders('none', '--input', 'clicks=orders.ndjson');
    expect(other).toMatchObject({
      exitCode: 1,
      stderr: '--input clicks: No source of the pipeline reads the topic clicks. Its sources read orders.\n',
    });
    expect(await millrace.names('none')).toBe(null);
  });

  it('refuses a pipeline that does not fit the records', async () => {
    await millrace.write('typo.pipeline.json', ordersPipeline({ condition: 'value.amuont >= 10' }));
    const outcome = await millrace.run('run', 'typo.pipeline.json', '-i', 'orders=orders.ndjson', '-o', 'typo');
    expect(outcome.exitCode).toBe(1);
    expect(outcome.stderr).toMatch(/node 'large' config\.condition 1:7: .*amuont/);
    expect(await millrace.names('typo')).toBe(null);
  });

  it('refuses a pipeline that reads what it writes', async () => {
    await millrace.write('loop.pipeline.json', copyPipeline({ to: 'in' }));
    const outcome = await millrace.run('run', 'loop.pipeline.json', '-i', 'in=orders.ndjson', '-o', 'loop');
    expect(outcome.exitCode).toBe(1);
    expect(outcome.stderr).toMatch(/node 'copy' config\.topic: .* writes the topic in and .* reads it/);
  });

  it('leaves older output alone when a run fails half way, and replaces it when one ends well', async () => {
    const policy = { errorPolicy: 'fail' };
    await millrace.write('strict.pipeline.json', { ...ordersPipeline(), settings: policy });
    await runOrders('kept');
    const before = await millrace.text('kept/totals.ndjson');
    const args = ['run', 'strict.pipeline.json', '-i', 'orders=orders.ndjson', '-o', 'kept'];
    const failed = await millrace.run(...args);
    expect(failed.exitCode).toBe(1);
    expect(failed.stderr).toMatch(/\nlarge stops the pipeline on a failure, .* orders-0 @ 6/);
    expect(await millrace.names('kept')).toEqual(['orders-dead-letters.ndjson', 'totals.ndjson']);
    expect(await millrace.text('kept/totals.ndjson')).toBe(before);

    await millrace.write('fewer.ndjson', orders.slice(0, 2));
    const replaced = await millrace.run('run', 'orders.pipeline.json', '-i', 'orders=fewer.ndjson', '-o', 'kept');
    expect(replaced.exitCode).toBe(0);
    expect(await millrace.lines('kept/totals.ndjson')).toHaveLength(1);
    // There are no dead letters now, so the older ones would mislead.
    expect(await millrace.names('kept')).toEqual(['totals.ndjson']);
  });

  it('replaces nothing when one file cannot be', async () => {
    await runOrders('blocked');
    const before = await millrace.text('blocked/totals.ndjson');
    await mkdir(join(millrace.directory, 'blocked/orders-counted-store.store.ndjson'));
    await millrace.write('fewer.ndjson', orders.slice(0, 2));
    const outcome = await millrace.run(
      'run',
      'orders.pipeline.json',
      '-i',
      'orders=fewer.ndjson',
      '-o',
      'blocked',
      '--stores',
    );
    expect(outcome).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('orders-counted-store.store.ndjson: It cannot be written: it is a directory.'),
    });
    expect(await millrace.text('blocked/totals.ndjson')).toBe(before);
    expect((await millrace.names('blocked'))?.some((name) => name.startsWith('.millrace'))).toBe(false);
  });

  it('says when the output directory is a file', async () => {
    const outcome = await runOrders('orders.ndjson');
    expect(outcome).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/\norders\.ndjson: It is a file, and the output needs a directory\.\n$/),
    });
  });
});

function copyPipeline({ to = 'copy' } = {}) {
  return {
    formatVersion: 1,
    id: 'copy',
    name: 'Copy',
    nodes: [
      { id: 'in', kind: 'source', name: 'in', config: { topic: 'in' } },
      { id: 'copy', kind: 'sink', name: 'copy', config: { topic: to, partitions: 2 } },
    ],
    edges: [{ from: 'in.out', to: 'copy.in' }],
  };
}
