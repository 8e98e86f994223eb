import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Binary } from './testing/binary.ts';
import { orders, ordersPipeline } from './testing/orders-pipeline.ts';

let millrace: Binary;

beforeAll(async () => {
  millrace = await Binary.build();
  await millrace.write('orders.pipeline.json', ordersPipeline());
  await millrace.write('orders.ndjson', orders);
}, 60_000);
afterAll(() => millrace.remove());

describe('bin/millrace.js', () => {
  it('says how to build when that was not done', async () => {
    const unbuilt = await Binary.unbuilt();
    const { exitCode, stderr } = await unbuilt.run('validate', 'x');
    expect(exitCode).toBe(1);
    expect(stderr).toBe(
      'The command line is not built. Run `npm start`, which builds everything, or `npm run build`.\n',
    );
    await unbuilt.remove();
  });

  it('fails on a command that it does not know', async () => {
    const { exitCode, stderr } = await millrace.run('frobnicate');
    expect(exitCode).toBe(1);
    expect(stderr).toContain("unknown command 'frobnicate'");
  });
});

describe('validate', () => {
  it('takes a valid pipeline without knowing its topics', async () => {
    expect(await millrace.run('validate', 'orders.pipeline.json')).toEqual({
      exitCode: 0,
      stdout: 'orders.pipeline.json is valid: 5 nodes, 4 edges.\n',
      stderr: '',
    });
  });

  it('finds a field that the sample does not have, and says where it is asked for and what may be meant', async () => {
    const pipeline = ordersPipeline({ condition: 'value.amont >= 10' });
    await millrace.write('field.pipeline.json', pipeline);
    await millrace.write('numbers.ndjson', [{ value: { amount: 1 } }, { value: { amount: 2, note: 'x' } }]);
    expect((await millrace.run('validate', 'field.pipeline.json')).exitCode).toBe(0);
    const { exitCode, stdout, stderr } = await millrace.run(
      'validate',
      'field.pipeline.json',
      '--input',
      'orders=numbers.ndjson',
    );
    expect([exitCode, stdout]).toEqual([1, '']);
    const line =
      (await millrace.text('field.pipeline.json')).split('\n').findIndex((text) => text.includes('amont')) + 1;
    expect(stderr).toMatch(
      /^field\.pipeline\.json:\d+: node 'large' config\.condition 1:7: .*amont.* \(fix: .*amount.*\)\n$/,
    );
    expect(stderr).toContain(`field.pipeline.json:${line}:`);
  });

  it('does not miss a field that only a late record has', async () => {
    await millrace.write('note.pipeline.json', ordersPipeline({ condition: 'value.note != null' }));
    const records = Array.from({ length: 1500 }, (_, index) => ({
      value: index === 1400 ? { amount: 1, note: 'x' } : { amount: 1 },
    }));
    await millrace.write('rare.ndjson', records);
    const found = await millrace.run('validate', 'note.pipeline.json', '-i', 'orders=rare.ndjson');
    expect(found).toMatchObject({ exitCode: 0 });
  });

  it('gives one line for each mistake, errors first', async () => {
    const stray = { id: 'stray', kind: 'filter', name: 'stray', config: { condition: 'value.' } };
    await millrace.write('bad.pipeline.json', ordersPipeline({ nodes: [stray] }));
    const { exitCode, stderr } = await millrace.run('validate', 'bad.pipeline.json');
    expect(exitCode).toBe(1);
    const lines = stderr.trimEnd().split('\n');
    expect(lines.length).toBeGreaterThanOrEqual(3);
    expect(lines.find((line) => line.includes('wired'))).toMatch(
      /^bad\.pipeline\.json:\d+: node 'stray': Nothing is wired to its input\.$/,
    );
    expect(lines.find((line) => line.includes('config.condition'))).toMatch(/ node 'stray' config\.condition 1:\d+: /);
    expect(lines.at(-1)).toContain(': warning: Nothing reads stray.');
  });

  it('says where the text stops being JSON', async () => {
    await millrace.write('broken.pipeline.json', '{\n  "formatVersion": 1,\n  "nodes": [1,]\n}\n');
    expect(await millrace.run('validate', 'broken.pipeline.json')).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: 'broken.pipeline.json:3:15: It is not JSON: here should be a value, and there is "]".\n',
    });
  });

  it('says where the document is none', async () => {
    await millrace.write('odd.pipeline.json', { ...ordersPipeline(), id: 'No Good' });
    const { exitCode, stderr } = await millrace.run('validate', 'odd.pipeline.json');
    expect([exitCode, stderr]).toEqual([
      1,
      'odd.pipeline.json:3:9: id: An id has 1 to 63 of the characters a–z, 0–9 and -.\n',
    ]);
  });

  it('says that there is no such file', async () => {
    expect(await millrace.run('validate', 'none.json')).toMatchObject({
      exitCode: 1,
      stderr: 'none.json: It cannot be read: there is no such file.\n',
    });
  });
});

describe('describe', () => {
  it('prints the sub-topologies', async () => {
    const { exitCode, stdout } = await millrace.run('describe', 'orders.pipeline.json', '--partitions', '3');
    expect(exitCode).toBe(0);
    expect(stdout).toBe(`Topologies:
   Sub-topology: 0
    Source: orders (topics: [orders])
      --> large
    Processor: large (stores: [])
      --> small
      <-- orders
    Processor: small (stores: [])
      --> counted
      <-- large
    Processor: counted (stores: [orders-counted-store])
      --> out
      <-- small
    Sink: out (topic: totals)
      <-- counted
`);
  });

  it('prints nothing of a pipeline with mistakes', async () => {
    await millrace.write('worse.pipeline.json', ordersPipeline({ condition: 'value >' }));
    expect(await millrace.run('describe', 'worse.pipeline.json')).toMatchObject({ exitCode: 1, stdout: '' });
  });

  it('refuses a count of partitions that is none', async () => {
    const { exitCode, stderr } = await millrace.run('describe', 'orders.pipeline.json', '--partitions', '0');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('Use a whole number from 1 to 10000.');
  });
});

describe('worker', () => {
  it('asks for the server, and says how to build what it starts', async () => {
    const lost = await millrace.run('worker');
    expect(lost.exitCode).toBe(1);
    expect(lost.stderr).toContain("required option '-s, --server <url>' not specified");
    // The command line stands alone here: nothing lies beside it.
    expect(await millrace.run('worker', '--server', 'wss://localhost:4820')).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: 'The worker is not built. Run `npm run build` first.\n',
    });
  });
});
