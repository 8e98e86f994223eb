import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeInput } from './input.ts';
import type { Observations, Seen, StoredTotal } from './observations.ts';
import { toSeen, type Witnessed } from './observe.ts';
import { perfectRun } from './perfect-run.ts';
import { topicsOf } from './pipeline.ts';
import { Cluster } from './wire/cluster.ts';
import { Producer, type Sent } from './wire/producer.ts';
import { readTopic } from './wire/topic-reader.ts';

const brokers = process.env.KAFKA_BROKERS;
const program = fileURLToPath(new URL('check.ts', import.meta.url));
const watcher = fileURLToPath(new URL('watch-live.ts', import.meta.url));
const tsx = fileURLToPath(new URL('../../node_modules/tsx/dist/cli.mjs', import.meta.url));
const partitions = 8;

describe.skipIf(brokers === undefined)('the checker as a process, on Kafka', () => {
  const prefix = `chaos-check-${process.pid}-${Date.now()}`;
  const topics = topicsOf(prefix);
  const directory = mkdtempSync(join(tmpdir(), 'millrace-chaos-'));
  let cluster: Cluster;
  let round: Observations;

  beforeAll(async () => {
    cluster = new Cluster(brokers ?? '');
    round = perfectRun(1, makeInput(1, 400));
    for (const topic of Object.values(topics)) await cluster.createTopic(topic, partitions, 1);
    const producer = await Producer.open(cluster, prefix);
    for (const part of ['customers', 'orders', 'payments', 'passed', 'totals', 'paid'] as const) {
      await write(producer, topics[part], round[part]);
      await producer.end('commit');
    }
    // What was aborted must not count.
    await write(producer, topics.totals, round.totals.slice(0, 20));
    await write(producer, topics.passed, round.passed.slice(0, 20));
    await producer.end('abort');
    await producer.send(topics.changelog, 0, round.changelog.map(toSent));
    await producer.end('commit');
    // Markers are written after the answer, and an end that they have not reached is no end.
    const settled = async (topic: string, partition: number) =>
      (await cluster.endOffset(topic, partition, 'committed')) ===
      (await cluster.endOffset(topic, partition, 'written'));
    for (const topic of Object.values(topics))
      for (let partition = 0; partition < partitions; partition++)
        while (!(await settled(topic, partition))) await new Promise((resolve) => setTimeout(resolve, 10));
  });
  afterAll(async () => {
    await cluster.close();
    rmSync(directory, { recursive: true });
  });

  it('acquits a right round', async () => {
    const live = (await readTopic(cluster, topics.totals)).map(toSeen);
    expect(verdict({ live, store: round.store, faults: round.faults })).toEqual({
      code: 0,
      said: `400 orders, 400 results, ${round.paid.length} pairs, 400 seen live: nothing is wrong\n`,
    });
  });

  it('has a witness that writes down what a reader of committed records gets', async () => {
    const file = join(directory, 'live.ndjson');
    const witness = spawn(process.execPath, [tsx, watcher, brokers ?? '', topics.totals, file], {
      stdio: ['pipe', 'inherit', 'inherit'],
    });
    const ended = once(witness, 'exit');
    const lines = () => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : []);
    while (lines().length < round.totals.length) await new Promise((resolve) => setTimeout(resolve, 20));
    witness.stdin.end();
    expect(await ended).toEqual([0, null]);
    const live = lines().map((line) => JSON.parse(line) as Seen);
    expect(verdict({ live, store: round.store, faults: round.faults }).code).toBe(0);
  });

  it('convicts when a store differs', () => {
    const { code, said } = verdict({ live: [], store: round.store.slice(1), faults: round.faults });
    expect(code).toBe(1);
    expect(said).toContain('stored: The store has no region-');
  });

  it('convicts when a result was written again', async () => {
    const producer = await Producer.open(cluster);
    await write(producer, topics.totals, round.totals.slice(-1));
    const { code, said } = verdict({ live: [], store: round.store, faults: round.faults });
    expect(code).toBe(1);
    expect(said).toMatch(/totals: order \S+ is counted again/);
  });

  function verdict(witnessed: Witnessed): { code: number | null; said: string } {
    const file = join(directory, 'witnessed.json');
    writeFileSync(file, JSON.stringify(witnessed));
    const { status, stdout, stderr } = spawnSync(process.execPath, [tsx, program, brokers ?? '', prefix, file], {
      encoding: 'utf8',
    });
    return { code: status, said: `${stdout}${stderr}` };
  }
});

async function write(producer: Producer, topic: string, records: readonly Seen[]): Promise<void> {
  for (let partition = 0; partition < partitions; partition++) {
    const own = records.filter((seen) => seen.partition === partition);
    const sent = own.map(({ key, value, timestamp }) => ({ key, value: JSON.stringify(value), timestamp }));
    if (sent.length > 0) await producer.send(topic, partition, sent);
  }
}

/** As the engine writes a window store's changelog. */
function toSent({ region, startMs, value }: StoredTotal): Sent {
  const start: number[] = [];
  for (let left = startMs, index = 0; index < 8; index++, left = Math.floor(left / 128)) start.unshift(left % 128);
  return { key: `${String.fromCharCode(...start)}${region}`, value: JSON.stringify(value), timestamp: startMs };
}
