import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { check } from './checker.ts';
import { type InputRecord, makeInput } from './input.ts';
import type { Observations, Seen, SeenValue, StoredTotal } from './observations.ts';
import { campaignPipeline } from './pipeline.ts';

interface Line {
  readonly key: string;
  readonly window?: { readonly start: number; readonly end: number };
  readonly value: SeenValue;
  readonly timestamp: number;
  readonly partition: number;
}

const millrace = fileURLToPath(new URL('../../apps/cli/dist/main.js', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'millrace-chaos-run-'));
afterAll(() => rmSync(directory, { recursive: true }));

it('acquits what the engine makes of a round on the command line, without any fault', () => {
  const input = makeInput(5, 1_000);
  const document = join(directory, 'chaos.pipeline.json');
  writeFileSync(document, JSON.stringify(campaignPipeline('chaos', 8, 100)));
  const topics = (['customers', 'orders', 'payments'] as const).flatMap((name) => {
    const file = join(directory, `${name}.ndjson`);
    writeFileSync(file, input[name].map((record) => `${JSON.stringify(record)}\n`).join(''));
    return ['--input', `chaos-${name}=${file}`];
  });
  const out = join(directory, 'out');
  const run = spawnSync(process.execPath, [millrace, 'run', document, ...topics, '--output', out, '--stores'], {
    encoding: 'utf8',
  });
  expect(run.status, run.stderr).toBe(0);

  const totals = linesOf(join(out, 'chaos-totals.ndjson'));
  const round: Observations = {
    customers: input.customers.map(given),
    orders: input.orders.map(given),
    payments: input.payments.map(given),
    passed: linesOf(join(out, 'chaos-passed.ndjson')).map(seen),
    totals: totals.map(seen),
    paid: linesOf(join(out, 'chaos-paid.ndjson')).map(seen),
    live: totals.map(seen),
    // Such a run keeps no changelog; its results stand for it.
    changelog: totals.map(stored),
    store: linesOf(join(out, 'chaos-by-region-store.store.ndjson')).map(stored),
    faults: [{ kind: 'none', inFlightRecords: 1, recoveredMs: 0 }],
  };
  expect(round.totals).toHaveLength(1_000);
  expect(round.paid.length).toBeGreaterThan(300);
  expect(check(round)).toEqual([]);
});

function linesOf(file: string): Line[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
}

function given({ key, value, timestamp }: InputRecord, offset: number): Seen {
  return { partition: 0, offset, key, value, timestamp };
}

/** A line of a topic's file, whose order within a partition is that of the topic. */
function seen({ key, window, value, timestamp, partition }: Line, offset: number): Seen {
  const address = window === undefined ? key : JSON.stringify({ end: window.end, key, start: window.start });
  return { partition, offset, key: address, value, timestamp };
}

function stored({ key, window, value }: Line): StoredTotal {
  return { region: key, startMs: window?.start ?? 0, value };
}
