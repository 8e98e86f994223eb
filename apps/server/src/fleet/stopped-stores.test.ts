import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { LiveFrame, StorePage } from '@millrace/api';
import { EmbeddedLog } from '@millrace/backend-embedded';
import { encodeBatch } from '@millrace/engine';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readToEnd } from '../control/topic-reader.ts';
import { isAlive, type ProcessIdentity } from '../data/process-identity.ts';
import { eventually, realPlaces, ServerUnderTest } from '../testing/server-under-test.ts';

const pipelineId = 'flight-delays';
const airports = 'flight-delays-airports-store';
const byState = 'flight-delays-by-state-store';
let server: ServerUnderTest;

beforeEach(async () => {
  server = await new ServerUnderTest({ examples: true }).start();
  await server.overHttp().examples.open.mutate({ id: pipelineId });
});
afterEach(() => server.remove());

const api = () => server.overHttp();

type Select = { readonly by: 'all' } | { readonly by: 'key'; readonly key: string };

function ask(store: string, select: Select = { by: 'all' }, after: StorePage['next'] = null): Promise<StorePage> {
  return api().stores.query.query({ pipelineId, query: { store, select, after, limit: 500 } });
}

/** Every row of a store; each page must be of the whole store. */
async function rowsOf(store: string): Promise<StorePage['rows']> {
  const rows: StorePage['rows'][number][] = [];
  let after: StorePage['next'] = null;
  do {
    const page: StorePage = await ask(store, { by: 'all' }, after);
    expect(page.coverage).toEqual({ answered: 4, partitions: 4, refusals: [] });
    rows.push(...page.rows);
    after = page.next;
  } while (after !== null);
  return rows;
}

const frame = (holds: (frame: LiveFrame) => boolean): Promise<LiveFrame> => server.frame(pipelineId, holds);

/** Deploys, and stops when some thousand flights have gone through. */
async function runAndStop(): Promise<void> {
  await api().deployments.deploy.mutate({ pipelineId });
  await frame(({ nodes }) => nodes.some(({ node, counters }) => node === 'by-state' && counters.in > 1_000));
  await api().deployments.stop.mutate({ pipelineId });
}

const note = () => join(server.directory, 'workers', `${pipelineId}.json`);

/** The process that has the stores open, as the server has noted it. */
function noted(): ProcessIdentity {
  return JSON.parse(readFileSync(note(), 'utf8'));
}

interface Asked {
  readonly pages: readonly StorePage[];
  readonly refusals: readonly string[];
}

/** Asks again and again, ten at a time, until told to stop; each of the ten ends with the first refusal. */
function keepAsking(): { stop(): Promise<Asked> } {
  const pages: StorePage[] = [];
  const refusals: string[] = [];
  let isOver = false;
  const askOn = async (): Promise<void> => {
    while (!isOver) pages.push(await ask(byState));
  };
  const refused = (error: Error): void => {
    refusals.push(error.message);
  };
  const asking = Array.from({ length: 10 }, () => askOn().catch(refused));
  return {
    async stop() {
      isOver = true;
      await Promise.all(asking);
      return { pages, refusals };
    },
  };
}

/** What the log holds, as another process sees it. */
async function inLog<Result>(look: (log: EmbeddedLog) => Promise<Result>): Promise<Result> {
  const log = await EmbeddedLog.open({ directory: join(server.directory, 'log') });
  try {
    return await look(log);
  } finally {
    await log.close();
  }
}

const ends = () => inLog(async (log) => (await log.topics()).map(({ name, endOffsets }) => ({ name, endOffsets })));

describe.skipIf(!existsSync(realPlaces.workerMain))(
  'the stores of a deployment that does not run',
  {
    timeout: 60_000,
  },
  () => {
    it('hold what the last commit left, and reading them changes nothing', async () => {
      await runAndStop();
      const before = await ends();
      const page = await ask(airports, { by: 'key', key: 'SFO' });
      expect(page).toMatchObject({
        rows: [{ key: 'SFO', window: null, value: { city: 'San Francisco', state: 'CA' } }],
        coverage: { answered: 4, partitions: 4, refusals: [] },
        isLive: false,
        problem: null,
      });
      const windows = await ask(byState);
      expect(windows.windows.length).toBeGreaterThan(1);
      const stopped = await rowsOf(byState);
      expect(stopped).toHaveLength(windows.entries);
      const live = await frame(({ deployment }) => deployment?.state === 'stopped');
      expect(live.stores.find(({ name }) => name === byState)?.entries).toBe(windows.entries);
      expect(await ends()).toEqual(before);

      await expectNewestResults(stopped, windows.streamTime);
    });

    it('can be read after a start of the server too, and when their tables are lost', async () => {
      await runAndStop();
      const before = await rowsOf(byState);
      await server.stop();
      rmSync(join(server.directory, 'state', pipelineId), { recursive: true });
      await server.start();
      expect(await rowsOf(byState)).toEqual(before);
      expect(readdirSync(join(server.directory, 'state', pipelineId))).toHaveLength(8);
    });

    it('can be read when the pipeline has failed', async () => {
      const { pipeline, revision } = await api().pipelines.get.query({ id: pipelineId });
      const settings = { ...pipeline.settings, errorPolicy: 'fail' as const };
      await api().pipelines.save.mutate({ pipeline: { ...pipeline, settings }, expectedRevision: revision });
      await api().deployments.deploy.mutate({ pipelineId });
      await frame(({ nodes }) => nodes.some(({ node, counters }) => node === 'by-state' && counters.in > 1_000));
      const batch = encodeBatch([{ key: 'x', value: 'no JSON', timestamp: Date.now() }]);
      await inLog((log) => log.append([{ topic: 'flights', partition: 0, batch }]));
      await frame(({ deployment }) => deployment?.state === 'failed');
      const page = await ask(byState);
      expect(page).toMatchObject({ isLive: false, coverage: { answered: 4, refusals: [] } });
      expect(page.rows.length).toBeGreaterThan(0);
    });

    it('are given to a worker only when the reader is gone, however much is asked meanwhile', async () => {
      await runAndStop();
      for (let round = 0; round < 3; round++) {
        const asking = keepAsking();
        await eventually(() => existsSync(note()));
        const reader = noted();
        await api().deployments.start.mutate({ pipelineId });
        expect(isAlive(reader)).toBe(false);
        await frame(({ deployment }) => deployment?.state === 'running');
        await eventually(async () => (await ask(byState)).isLive);
        await api().deployments.stop.mutate({ pipelineId });
        const { pages, refusals } = await asking.stop();
        expect(refusals).toEqual([]);
        expect(pages.some(({ isLive }) => !isLive)).toBe(true);
      }
      await expectNewestResults(await rowsOf(byState), (await ask(byState)).streamTime);
      expect(server.logged.filter(({ level }) => level === 'error')).toEqual([]);
      expect(server.logged.filter(({ message }) => message === 'a worker ended by itself')).toEqual([]);
      // What is asked of a worker that closes its stores does not make it fall over.
      const stops = server.logged.filter(({ message }) => message === 'a worker has stopped').map(({ data }) => data);
      expect(stops).toEqual(Array(4).fill(expect.objectContaining({ how: 'ended with code 0' })));
    });

    it('are empty after a reset in the middle of reading, and fill again', async () => {
      await runAndStop();
      await ask(byState);
      const reader = noted();
      const asking = keepAsking();
      await api().deployments.reset.mutate({ pipelineId });
      expect(isAlive(reader)).toBe(false);
      expect((await asking.stop()).refusals).toEqual([]);
      expect(await ask(byState)).toMatchObject({
        rows: [],
        entries: 0,
        isLive: false,
        coverage: { answered: 4, partitions: 4, refusals: [] },
      });
      await runAndStop();
      expect((await rowsOf(byState)).length).toBeGreaterThan(0);
    });

    it('are gone after a deletion in the middle of reading, and so is the reader', async () => {
      await runAndStop();
      await ask(byState);
      const reader = noted();
      const asking = keepAsking();
      await api().pipelines.remove.mutate({ id: pipelineId });
      // Those who went on asking after it was gone were told so.
      for (const refusal of (await asking.stop()).refusals) expect(refusal).toMatch(/no pipeline flight-delays/);
      expect(isAlive(reader)).toBe(false);
      expect(existsSync(note())).toBe(false);
      expect(existsSync(join(server.directory, 'state', pipelineId))).toBe(false);
      expect((await inLog((log) => log.topics())).filter(({ owner }) => owner === pipelineId)).toEqual([]);
    });

    it('are left alone by the server when it stops', async () => {
      await runAndStop();
      await ask(byState);
      const reader = noted();
      const asking = keepAsking();
      await server.stop();
      expect(isAlive(reader)).toBe(false);
      expect(existsSync(note())).toBe(false);
      expect((await asking.stop()).refusals).toHaveLength(10);
      expect(existsSync(note())).toBe(false);
    });

    it('are read by another process when the reader was killed', async () => {
      await runAndStop();
      const before = await rowsOf(byState);
      const reader = noted();
      process.kill(reader.pid, 'SIGKILL');
      await eventually(async () => (await ask(byState)).coverage.answered === 4);
      expect(noted().pid).not.toBe(reader.pid);
      expect(await rowsOf(byState)).toEqual(before);
      await api().deployments.start.mutate({ pipelineId });
      await frame(({ deployment }) => deployment?.state === 'running');
    });
  },
);

describe.skipIf(!existsSync(realPlaces.workerMain))('a reader that nobody asks', { timeout: 60_000 }, () => {
  it('leaves, and comes back for the next question', async () => {
    await server.remove();
    server = await new ServerUnderTest({ examples: true }, {}, { idleReaderMs: 200 }).start();
    await api().examples.open.mutate({ id: pipelineId });
    await runAndStop();
    const before = await ask(byState);
    expect(before.coverage.answered).toBe(4);
    const reader = noted();
    await eventually(() => !isAlive(reader));
    expect({ ...(await ask(byState)), readAtMs: 0 }).toEqual({ ...before, readAtMs: 0 });
  });
});

/** The output has every result: the newest of each state and window is what the store holds of the last six hours. */
async function expectNewestResults(rows: StorePage['rows'], streamTime: number | null): Promise<void> {
  const from = (streamTime ?? Number.NaN) - 6 * 3_600_000;
  const inStore = rows.map(({ key, window, value }) => ({ key, start: window?.start ?? 0, value }));
  const newest = (await newestResults()).filter(({ start }) => start > from);
  expect(newest.length).toBeGreaterThan(0);
  expect(inStore.filter(({ start }) => start > from).sort(byStateAndStart)).toEqual(newest.sort(byStateAndStart));
}

interface Result {
  readonly key: string;
  readonly start: number;
  readonly value: unknown;
}

function byStateAndStart(left: { key: unknown; start: number }, right: { key: unknown; start: number }): number {
  return left.start - right.start || String(left.key).localeCompare(String(right.key));
}

/** The newest result of each state and hour in the output topic. */
async function newestResults(): Promise<Result[]> {
  return inLog(async (log) => {
    const newest = new Map<string | null, Result>();
    for (const partition of [0, 1, 2, 3]) {
      for await (const batch of readToEnd(log, 'delays-by-state', partition, 0)) {
        for (let index = 0; index < batch.count; index++) {
          const { key, start } = JSON.parse(batch.keyByteString(index) ?? '');
          const value = JSON.parse(new TextDecoder().decode(batch.value(index) ?? new Uint8Array()));
          newest.set(batch.keyByteString(index), { key, start, value });
        }
      }
    }
    return [...newest.values()];
  });
}
