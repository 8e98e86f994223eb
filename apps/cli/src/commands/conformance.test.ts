import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Binary } from '../testing/binary.ts';

let millrace: Binary;

beforeAll(async () => {
  millrace = await Binary.build();
}, 60_000);
afterAll(() => millrace.remove());

const record = { topic: 'in', key: 'k', value: 'v', ts: 5 };
const nodes = [
  { id: 's', op: 'stream', topic: 'in' },
  { id: 'f', op: 'filter', in: 's', fn: "(k, v) => v === 'v'" },
  { id: 'o', op: 'to', in: 'f', topic: 'out' },
];
const passes = {
  id: 'passes',
  source: {},
  topology: { keyType: 'string', valueType: 'string', nodes },
  inputs: [record],
  expected: [{ after: 0, sink: 'out', key: 'k', value: 'v', ts: 5 }],
  droppedRecords: 0,
};

describe('conformance', () => {
  it('says ok for each case that does as it should', async () => {
    await millrace.write('cases.json', JSON.stringify([passes, { ...passes, id: 'passes-too' }]));
    expect(await millrace.run('conformance', 'cases.json')).toEqual({
      exitCode: 0,
      stdout: 'ok passes\nok passes-too\n2 passed, 0 failed, 0 skipped\n',
      stderr: '',
    });
  });

  it('shows what was expected and what came, gives the reason for what it skips, and fails', async () => {
    const fails = { ...passes, id: 'fails', inputs: [{ ...record, ts: 6 }] };
    const skipped = { ...passes, id: 'skipped', topology: { nodes: [{ id: 'p', op: 'process', in: 's' }] } };
    await millrace.write('cases.json', JSON.stringify([fails, skipped]));
    expect(await millrace.run('conformance', 'cases.json')).toEqual({
      exitCode: 1,
      stdout: `not ok fails
  - after input 0 → out: "k" = "v" @5
  + after input 0 → out: "k" = "v" @6
    dropped records: 0
skip skipped: code of one's own (process) is left out
0 passed, 1 failed, 1 skipped
`,
      stderr: '',
    });
  });

  it('says what is wrong with a file that has no cases', async () => {
    await millrace.write('cases.json', { not: 'a list' });
    const { exitCode, stderr } = await millrace.run('conformance', 'cases.json');
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^cases\.json: This is no conformance file: .*\n$/);
    expect((await millrace.run('conformance', 'missing.json')).stderr).toBe(
      'missing.json: It cannot be read: there is no such file.\n',
    );
  });
});
