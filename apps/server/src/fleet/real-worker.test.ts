import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LiveFrame, NodeLive } from '@millrace/api';
import { EmbeddedLog } from '@millrace/backend-embedded';
import { encodeBatch, fates } from '@millrace/engine';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readToEnd } from '../control/topic-reader.ts';
import { readRecordedTopic } from '../examples/recorded-topic.ts';
import { eventually, realPlaces, ServerUnderTest } from '../testing/server-under-test.ts';

const pipelineId = 'flight-delays';
let server: ServerUnderTest;

beforeEach(async () => {
  server = await new ServerUnderTest({ examples: true }).start();
  await server.overHttp().examples.open.mutate({ id: pipelineId });
});
afterEach(() => server.remove());

const api = () => server.overHttp();
const recorded = (name: string) =>
  readRecordedTopic(join(realPlaces.examplesDirectory, 'flight-delays', `${name}.ndjson`));

const frame = (holds: (frame: LiveFrame) => boolean): Promise<LiveFrame> => server.frame(pipelineId, holds);

function node(live: LiveFrame, id: string): NodeLive {
  const found = live.nodes.find((each) => each.node === id);
  if (found === undefined) throw new Error(`the frame has no node ${id}`);
  return found;
}

/** The first lap has come out at the end: what was joined, and so written to the repartition topic, has been counted. */
const isDone = (live: LiveFrame): boolean =>
  live.deployment?.state === 'running' &&
  node(live, 'flights').counters.in === 20_000 &&
  node(live, 'by-state').counters.in === node(live, 'with-airport').counters.out;

async function delayedFlights(): Promise<number> {
  return (await recorded('flights')).filter(({ value }) => Number(value.delay) > 15).length;
}

/** Flights counted in the newest result of each state and hour, read from the log itself while no server has it. */
async function flightsInResults(): Promise<number> {
  await server.stop();
  const log = await EmbeddedLog.open({ directory: join(server.directory, 'log') });
  const newest = new Map<string | null, number>();
  try {
    for (const partition of [0, 1, 2, 3]) {
      for await (const batch of readToEnd(log, 'delays-by-state', partition, 0)) {
        for (let index = 0; index < batch.count; index++) {
          const { flights } = JSON.parse(new TextDecoder().decode(batch.value(index) ?? new Uint8Array()));
          newest.set(batch.keyByteString(index), flights);
        }
      }
    }
  } finally {
    await log.close();
  }
  return [...newest.values()].reduce((sum, flights) => sum + flights, 0);
}

/** The tasks have committed that they read every flight. */
async function hasReadAll(log: EmbeddedLog): Promise<boolean> {
  const ends = (await log.topics()).find(({ name }) => name === 'flights')?.endOffsets ?? [];
  const committed = await Promise.all(ends.map((_, partition) => log.committed(pipelineId, `0_${partition}`)));
  const positions = committed.map((task) => task?.positions.find(({ topic }) => topic === 'flights')?.offset);
  return positions.every((offset, partition) => offset === ends[partition]);
}

/** Appends and removes as another program would, beside the server. */
async function whileOthersWrite(work: (log: EmbeddedLog) => Promise<unknown>): Promise<void> {
  const log = await EmbeddedLog.open({ directory: join(server.directory, 'log') });
  try {
    await work(log);
  } finally {
    await log.close();
  }
}

describe.skipIf(!existsSync(realPlaces.workerMain))('a deployment with the real worker', { timeout: 60_000 }, () => {
  it('counts every delayed flight once, and its fates balance on every node', async () => {
    await api().deployments.deploy.mutate({ pipelineId });
    const live = await frame(isDone);
    for (const { node: id, counters } of live.nodes) {
      expect({ id, accounted: fates.reduce((sum, fate) => sum + counters[fate], 0) }).toEqual({
        id,
        accounted: counters.in,
      });
      expect({ id, late: counters.late, failed: counters.failed }).toEqual({ id, late: 0, failed: 0 });
    }
    const delayed = await delayedFlights();
    expect(node(live, 'delayed-only').counters.out).toBe(delayed);
    expect(node(live, 'by-state').counters.in).toBe(delayed);
    expect(await flightsInResults()).toBe(delayed);
  });

  it('answers store queries while it runs', async () => {
    await api().deployments.deploy.mutate({ pipelineId });
    await frame(isDone);
    // Queries read what is committed: after a stop and a start, that is everything, and pages do not move.
    await api().deployments.stop.mutate({ pipelineId });
    await api().deployments.start.mutate({ pipelineId });
    const live = await frame((next) => isDone(next) && next.worker !== null);
    expect(live.stores.find(({ name }) => name === 'flight-delays-airports-store')?.entries).toBe(
      (await recorded('airports')).length,
    );
    const byKey = { store: 'flight-delays-airports-store', select: { by: 'key' as const, key: 'SFO' } };
    const { rows, coverage } = await api().stores.query.query({ pipelineId, query: byKey });
    expect(rows).toMatchObject([{ key: 'SFO', window: null, value: { city: 'San Francisco', state: 'CA' } }]);
    expect(coverage).toMatchObject({ partitions: 4, refusals: [] });

    const windows = { store: 'flight-delays-by-state-store', select: { by: 'all' as const }, limit: 7 };
    const first = await api().stores.query.query({ pipelineId, query: windows });
    expect(first.rows).toHaveLength(7);
    const starts = first.rows.map(({ window }) => window?.start ?? 0);
    expect(starts).toEqual(starts.toSorted((left, right) => right - left));
    const second = await api().stores.query.query({ pipelineId, query: { ...windows, after: first.next } });
    const identities = [...first.rows, ...second.rows].map(({ key, window }) => `${window?.start} ${key}`);
    expect(new Set(identities).size).toBe(14);
  });

  it('goes on after its worker was killed, and after a stop, without losing or repeating anything', async () => {
    await api().deployments.deploy.mutate({ pipelineId });
    const under = await frame((live) => live.worker !== null);
    process.kill(under.worker?.pid ?? 0, 'SIGKILL');
    await frame((live) => live.worker !== null && live.worker.pid !== under.worker?.pid);
    await api().deployments.stop.mutate({ pipelineId });
    await api().deployments.start.mutate({ pipelineId });
    const live = await frame(isDone);
    expect(node(live, 'by-state').counters).toMatchObject({ in: await delayedFlights(), late: 0 });
    expect(await flightsInResults()).toBe(await delayedFlights());
  });

  it('begins from the earliest records after a reset', async () => {
    await api().deployments.deploy.mutate({ pipelineId });
    await frame(isDone);
    await api().deployments.stop.mutate({ pipelineId });
    expect(existsSync(join(server.directory, 'state', pipelineId))).toBe(true);
    await api().deployments.reset.mutate({ pipelineId });
    expect(existsSync(join(server.directory, 'state', pipelineId))).toBe(false);
    await api().deployments.start.mutate({ pipelineId });
    const live = await frame(isDone);
    expect(node(live, 'by-state').counters.in).toBe(await delayedFlights());
  });

  it('finishes a reset that was cut short before it starts again', async () => {
    await api().deployments.deploy.mutate({ pipelineId });
    await frame(isDone);
    await api().deployments.stop.mutate({ pipelineId });
    // Where the state should be, the disk has something that it will not remove.
    const state = join(server.directory, 'state');
    renameSync(state, `${state}-aside`);
    writeFileSync(state, '');
    await expect(api().deployments.reset.mutate({ pipelineId })).rejects.toThrow('failed in the server');
    rmSync(state);
    renameSync(`${state}-aside`, state);
    const query = { store: 'flight-delays-by-state-store', select: { by: 'all' as const } };
    expect((await api().stores.query.query({ pipelineId, query })).coverage).toMatchObject({ answered: 0 });
    await api().deployments.start.mutate({ pipelineId });
    await whileOthersWrite((log) => eventually(() => hasReadAll(log)));
    await frame(isDone);
    expect(await flightsInResults()).toBe(await delayedFlights());
  });

  it('counts what retention removed before it was read, once, and says so until a reset', async () => {
    const lostBy = (live: LiveFrame): unknown => live.nodes.map(({ node, lost }) => ({ node, lost }));
    const nothingLost = ['airports', 'by-state', 'delayed-only', 'delays-by-state', 'with-airport'];
    await api().deployments.deploy.mutate({ pipelineId });
    await frame(isDone);
    await api().deployments.stop.mutate({ pipelineId });
    await whileOthersWrite(async (log) => {
      const batch = encodeBatch(Array.from({ length: 30 }, () => ({ key: 'x', value: '{}', timestamp: 7 })));
      await log.append([0, 2].map((partition) => ({ topic: 'flights', partition, batch })));
      await log.truncate(['flights']);
    });
    await api().deployments.start.mutate({ pipelineId });
    const live = await frame(({ nodes }) => nodes.some(({ lost }) => lost.length === 2));
    const expected = [
      ...nothingLost.map((id) => ({ node: id, lost: [] })),
      {
        node: 'flights',
        lost: [0, 2].map((partition) => ({ topic: 'flights', partition, records: 30 })),
      },
    ];
    expect(lostBy(live)).toEqual(expect.arrayContaining(expected));
    expect(server.logged.filter(({ message }) => message.includes('removed by retention'))).toHaveLength(2);

    // Nothing was read, so nothing is committed, and the next worker finds the same gap.
    process.kill((await frame(({ worker }) => worker !== null)).worker?.pid ?? 0, 'SIGKILL');
    await eventually(
      () => server.logged.filter(({ message }) => message.includes('removed by retention')).length === 4,
    );
    expect(lostBy(await frame(() => true))).toEqual(expect.arrayContaining(expected));
    // Another revision does not bring the records back.
    await api().deployments.deploy.mutate({ pipelineId });
    expect(lostBy(await frame(() => true))).toEqual(expect.arrayContaining(expected));

    await api().deployments.stop.mutate({ pipelineId });
    await api().deployments.reset.mutate({ pipelineId });
    await api().deployments.start.mutate({ pipelineId });
    const again = await frame(({ deployment, worker }) => deployment?.state === 'running' && worker !== null);
    expect(again.nodes.flatMap(({ lost }) => lost)).toEqual([]);
  });
});
