import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DeploymentState, LiveFrame } from '@millrace/api';
import type { Pipeline } from '@millrace/engine';
import { protocolVersion } from '@millrace/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { identityOf, isAlive, type ProcessIdentity } from '../data/process-identity.ts';
import type { Settings } from '../settings.ts';
import { eventually, ServerUnderTest } from '../testing/server-under-test.ts';
import type { Patience } from './patience.ts';

/** Workers are processes: on a busy machine they take their time. */
const patient = { timeout: 60_000 };
const pipelineId = 'flight-delays';
let server: ServerUnderTest;

async function startServer(settings: Partial<Settings> = {}, patience: Partial<Patience> = {}): Promise<void> {
  const workerMain = fileURLToPath(new URL('../testing/scripted-worker.mjs', import.meta.url));
  server = new ServerUnderTest({ examples: true, ...settings }, { workerMain }, patience);
  script({});
  await server.start();
  await server.overHttp().examples.open.mutate({ id: pipelineId });
}

beforeEach(() => startServer());
afterEach(() => server.remove());

interface Script {
  readonly onHello?: 'silent';
  readonly onAssign?: 'run' | 'restore' | 'fail' | 'fail-for-now' | 'babble';
  readonly onRead?: 'serve' | 'restore' | 'fail';
  readonly onStop?: 'ignore';
  readonly protocolVersion?: number;
  readonly storeAnswers?: unknown;
}

function script(says: Script): void {
  const whole = { onAssign: 'run', protocolVersion, ...says };
  writeFileSync(join(server.directory, 'worker-script.json'), JSON.stringify(whole));
}

interface Heard {
  readonly pid: number;
  readonly type: string;
  readonly topics?: string[];
  readonly tasks?: { taskId: string; epoch: number }[];
}

function heard(): Heard[] {
  const path = join(server.directory, 'worker-heard.ndjson');
  return existsSync(path)
    ? readFileSync(path, 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line))
    : [];
}

const api = () => server.overHttp();

/** The process that works for the pipeline now, as the server has noted it. */
function noted(): ProcessIdentity {
  return JSON.parse(readFileSync(join(server.directory, 'workers', `${pipelineId}.json`), 'utf8'));
}

/** Follows the live frames from now on; settles when the first one is there. */
async function follow(): Promise<{ until(holds: (frame: LiveFrame) => boolean): Promise<LiveFrame> }> {
  const frames: LiveFrame[] = [];
  let failure: unknown = null;
  server.overWebSocket().deployments.live.subscribe(
    { pipelineId },
    {
      onData: (next) => {
        frames.push(next);
      },
      onError: (error) => {
        failure = error;
      },
    },
  );
  const until = (holds: (frame: LiveFrame) => boolean): Promise<LiveFrame> =>
    eventually(() => {
      if (failure !== null) throw failure;
      return frames.find(holds);
    });
  await until(() => true);
  return { until };
}

/** The first live frame for which the condition holds. */
async function frame(holds: (frame: LiveFrame) => boolean): Promise<LiveFrame> {
  return (await follow()).until(holds);
}

const inState = (state: DeploymentState) => frame((next) => next.deployment?.state === state);

async function changed(change: (pipeline: Pipeline) => Pipeline): Promise<void> {
  const { pipeline, revision } = await api().pipelines.get.query({ id: pipelineId });
  await api().pipelines.save.mutate({ pipeline: change(pipeline), expectedRevision: revision });
}

function withConfig(pipeline: Pipeline, id: string, config: Pipeline['nodes'][number]['config']): Pipeline {
  return {
    ...pipeline,
    nodes: pipeline.nodes.map((node) => (node.id === id ? { ...node, config: { ...node.config, ...config } } : node)),
  };
}

describe('the life of a deployment', patient, () => {
  it('goes from never deployed over running to stopped, and continues under new epochs', async () => {
    expect(await frame(() => true)).toMatchObject({ deployment: null, nodes: [] });
    await api().deployments.deploy.mutate({ pipelineId });
    const running = await inState('running');
    expect(running.deployment).toMatchObject({ revision: 1, reason: null, restored: null });
    expect(running.deployment?.tasks.map(({ taskId }) => taskId)).toEqual(
      [0, 1].flatMap((part) => [0, 1, 2, 3].map((partition) => `${part}_${partition}`)),
    );
    expect((await api().pipelines.list.query())[0]?.deployment).toBe('running');
    expect(await api().deployments.stop.mutate({ pipelineId })).toMatchObject({
      state: 'stopped',
      reason: null,
      tasks: [],
    });
    await api().deployments.start.mutate({ pipelineId });
    await inState('running');
    const epochs = heard().flatMap(({ tasks }) => (tasks === undefined ? [] : [tasks[0]?.epoch]));
    expect(epochs).toEqual([1, 2]);
  });

  it('is taken up again by the next server, stopped or running as it was left', async () => {
    await api().deployments.deploy.mutate({ pipelineId });
    const before = await frame((next) => next.worker !== null);
    await server.stop();
    expect(heard().at(-1)?.type).toBe('stop');
    await server.start();
    const after = await frame((next) => next.worker !== null);
    expect(after.worker?.pid).not.toBe(before.worker?.pid);
    await api().deployments.stop.mutate({ pipelineId });
    await server.stop();
    await server.start();
    expect(await frame(() => true)).toMatchObject({ deployment: { state: 'stopped' } });
  });

  it('starts a worker again that was killed, and says so', async () => {
    await api().deployments.deploy.mutate({ pipelineId });
    const live = await follow();
    const { worker } = await live.until((next) => next.worker !== null);
    process.kill(worker?.pid ?? 0, 'SIGKILL');
    const waiting = await live.until(
      (next) => next.deployment?.state === 'starting' && next.deployment.reason !== null,
    );
    expect(waiting.deployment?.reason).toBe('The worker was ended by SIGKILL. It starts again in 0.5 s.');
    const again = await frame((next) => next.deployment?.state === 'running' && next.worker !== null);
    expect(again.worker?.pid).not.toBe(worker?.pid);
    expect(again.deployment?.reason).toBeNull();
  });

  it('tries again after a passing fault and can be stopped meanwhile', async () => {
    script({ onAssign: 'fail-for-now' });
    await api().deployments.deploy.mutate({ pipelineId });
    const waiting = await frame((next) => next.deployment?.reason?.includes('again in 1 s') === true);
    expect(waiting.deployment?.reason).toBe('The disk does not answer. It starts again in 1 s.');
    expect(await api().deployments.stop.mutate({ pipelineId })).toMatchObject({ state: 'stopped', reason: null });
  });

  it('stays failed where only the user can help, over a restart too', async () => {
    script({ onAssign: 'fail' });
    await api().deployments.deploy.mutate({ pipelineId });
    const failed = await inState('failed');
    expect(failed.deployment).toMatchObject({
      reason: 'delayed-only failed on flights-0 @ 7.',
      failedNode: 'delayed-only',
    });
    await eventually(() => server.logged.some(({ message }) => message === 'a worker ended by itself'));
    await server.stop();
    await server.start();
    expect((await frame(() => true)).deployment).toMatchObject({ state: 'failed', failedNode: 'delayed-only' });
    script({});
    await api().deployments.start.mutate({ pipelineId });
    expect((await inState('running')).deployment).toMatchObject({ reason: null, failedNode: null });
  });

  it('ends a worker that speaks another version or says what nobody understands', async () => {
    script({ protocolVersion: protocolVersion + 1 });
    await api().deployments.deploy.mutate({ pipelineId });
    const other = await frame((next) => next.deployment?.reason?.includes('version') === true);
    expect(other.deployment?.reason).toContain(
      `speaks version ${protocolVersion + 1} of the protocol, not ${protocolVersion}`,
    );
    script({ onAssign: 'babble' });
    await frame((next) => next.deployment?.reason?.includes('sent a message that is none of ours') === true);
    script({});
    await inState('running');
  });

  it('kills a worker that does not stop when it is told to, and is stopped then', async () => {
    await server.remove();
    await startServer({}, { stopWithinMs: 300 });
    script({ onStop: 'ignore' });
    await api().deployments.deploy.mutate({ pipelineId });
    await inState('running');
    const worker = noted();
    const stopped = await api().deployments.stop.mutate({ pipelineId });
    expect(stopped).toMatchObject({ state: 'stopped', reason: null, tasks: [] });
    expect(heard().at(-1)?.type).toBe('stop');
    expect(isAlive(worker)).toBe(false);
    const how = server.logged.find(({ message }) => message === 'a worker has stopped')?.data;
    expect(how).toMatchObject({ pid: worker.pid, how: 'did not stop within 0.3 s' });
    script({});
    await api().deployments.start.mutate({ pipelineId });
    await inState('running');
  });

  it('gives a worker up that never says hello, and says why', async () => {
    await server.remove();
    await startServer({}, { helloWithinMs: 500 });
    script({ onHello: 'silent' });
    const live = await follow();
    await api().deployments.deploy.mutate({ pipelineId });
    const worker = noted();
    const waiting = await live.until(({ deployment }) => deployment !== null && deployment.reason !== null);
    expect(waiting.deployment).toMatchObject({
      state: 'starting',
      reason: 'The worker did not say hello within 0.5 s. It starts again in 0.5 s.',
    });
    expect(isAlive(worker)).toBe(false);
    expect(await api().deployments.stop.mutate({ pipelineId })).toMatchObject({ state: 'stopped', reason: null });
  });

  it('shows how far restoring has come', async () => {
    script({ onAssign: 'restore' });
    await api().deployments.deploy.mutate({ pipelineId });
    expect((await inState('restoring')).deployment?.restored).toEqual({ records: 8, totalRecords: 32 });
  });

  it('ends a worker that an earlier server left behind before it starts its own', async () => {
    const stray = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    const gone = new Promise((resolve) => stray.once('exit', (_code, signal) => resolve(signal)));
    mkdirSync(join(server.directory, 'workers'), { recursive: true });
    writeFileSync(join(server.directory, 'workers', `${pipelineId}.json`), JSON.stringify(identityOf(stray.pid ?? 0)));
    await api().deployments.deploy.mutate({ pipelineId });
    expect(await gone).toBe('SIGKILL');
    await inState('running');
  });

  it('wakes workers when others append', async () => {
    await server.remove();
    await startServer({ examplesSpeed: 1_000 });
    await api().deployments.deploy.mutate({ pipelineId });
    const told = await eventually(() => heard().find(({ type }) => type === 'appended'));
    expect(told.topics).toEqual(['flights']);
  });
});

describe('deploying', patient, () => {
  it('refuses a pipeline with errors and lists them', async () => {
    await changed((pipeline) => withConfig(pipeline, 'delayed-only', { condition: 'value.delays > 15' }));
    expect((await api().deployments.plan.query({ pipelineId })).diagnostics[0]).toMatchObject({
      severity: 'error',
      node: 'delayed-only',
    });
    await expect(api().deployments.deploy.mutate({ pipelineId })).rejects.toMatchObject({
      message: expect.stringMatching(/^delayed-only: .*delays/),
      data: { reason: 'invalid' },
    });
  });

  it('plans what it will do', async () => {
    const plan = await api().deployments.plan.query({ pipelineId });
    expect(plan).toMatchObject({ diagnostics: [], continues: false });
    expect(plan.stores.map(({ name, fate }) => [name, fate])).toEqual(
      expect.arrayContaining([
        ['flight-delays-airports-store', 'new'],
        ['flight-delays-by-state-store', 'new'],
      ]),
    );
    expect(plan.topics.map(({ exists }) => exists)).not.toContain(true);
    expect(plan.description).toContain('Topologies:');
  });

  it('refuses another kind of state under the name of a store, until a reset', async () => {
    await api().deployments.deploy.mutate({ pipelineId });
    await inState('running');
    await changed((pipeline) => withConfig(pipeline, 'by-state', { windowMs: 7_200_000 }));
    const refused = (await api().deployments.plan.query({ pipelineId })).stores.find(({ fate }) => fate === 'refused');
    expect(refused).toMatchObject({
      name: 'flight-delays-by-state-store',
      reason: expect.stringMatching(/reset.*another id/),
    });
    await expect(api().deployments.deploy.mutate({ pipelineId })).rejects.toMatchObject({
      message: expect.stringContaining('flight-delays-by-state-store'),
      data: { reason: 'conflict' },
    });
    expect((await inState('running')).deployment?.revision).toBe(1);
    await expect(api().deployments.reset.mutate({ pipelineId })).rejects.toMatchObject({
      data: { reason: 'conflict' },
    });
    await api().deployments.stop.mutate({ pipelineId });
    await api().deployments.reset.mutate({ pipelineId });
    expect(await api().deployments.deploy.mutate({ pipelineId })).toMatchObject({ revision: 2 });
    await inState('running');
  });

  it('puts a new revision in the place of the one that runs, keeping stores and naming what is left over', async () => {
    await api().deployments.deploy.mutate({ pipelineId });
    await inState('running');
    // Without the aggregate, its store, changelog and repartition topic are of no use.
    await changed((pipeline) => ({
      ...pipeline,
      nodes: pipeline.nodes.filter(({ id }) => id !== 'by-state'),
      edges: [
        ...pipeline.edges.filter(({ from, to }) => !from.startsWith('by-state.') && !to.startsWith('by-state.')),
        { from: 'with-airport.out', to: 'delays-by-state.in' },
      ],
    }));
    const plan = await api().deployments.plan.query({ pipelineId });
    expect(plan.stores.map(({ name, fate }) => [name, fate])).toEqual([
      ['flight-delays-airports-store', 'kept'],
      ['flight-delays-by-state-store', 'orphaned'],
    ]);
    expect(plan.diagnostics.filter(({ code }) => code === 'orphaned-topic')).toHaveLength(2);
    await api().deployments.deploy.mutate({ pipelineId });
    const next = await frame((each) => each.deployment?.revision === 2 && each.deployment.state === 'running');
    expect(next.nodes.map(({ node }) => node)).not.toContain('by-state');
    expect(heard().filter(({ type }) => type === 'stop')).toHaveLength(1);
  });

  it('removes a stopped pipeline with all that belongs to it, and keeps its output', async () => {
    await api().deployments.deploy.mutate({ pipelineId });
    await inState('running');
    await expect(api().pipelines.remove.mutate({ id: pipelineId })).rejects.toMatchObject({
      data: { reason: 'conflict' },
    });
    await api().deployments.stop.mutate({ pipelineId });
    const state = join(server.directory, 'state', pipelineId);
    mkdirSync(state, { recursive: true });
    await api().pipelines.remove.mutate({ id: pipelineId });
    const topics = (await api().topics.list.query()).map(({ name }) => name);
    expect(topics).toEqual(['airports', 'delays-by-state', 'flights']);
    expect(existsSync(state)).toBe(false);
    await server.stop();
    await server.start();
    expect(await api().pipelines.list.query()).toEqual([]);
    await expect(api().deployments.start.mutate({ pipelineId })).rejects.toMatchObject({
      data: { reason: 'not-found' },
    });
  });
});

describe('live frames', patient, () => {
  it('add the tasks up and know what waits', async () => {
    await api().deployments.deploy.mutate({ pipelineId });
    const live = await frame((next) => next.worker !== null);
    const node = (id: string) => live.nodes.find((each) => each.node === id);
    expect(node('delayed-only')).toMatchObject({
      counters: { in: 40, forwarded: 16, filtered: 24, out: 16 },
      streamTime: 1003,
      lagRecords: null,
      waiting: null,
    });
    expect(node('by-state')?.waiting).toMatchObject({ byPartition: [2, 2, 2, 2] });
    expect(node('by-state')?.lagRecords).toBe(8);
    // The log has 20,000 flights, of which the tasks have read 40.
    expect(node('flights')?.lagRecords).toBe(19_960);
    expect(live.stores).toEqual(
      expect.arrayContaining([
        { name: 'flight-delays-airports-store', node: 'airports', kind: 'key-value', entries: 20 },
        { name: 'flight-delays-by-state-store', node: 'by-state', kind: 'window', entries: 20 },
      ]),
    );
    expect(live.topics.find(({ name }) => name === 'flights')).toEqual({
      name: 'flights',
      role: 'external',
      lagRecords: 19_960,
      records: 20_000,
    });
    expect(live.worker).toMatchObject({ busy: 0.25, memoryBytes: 1e6 });
  });

  it('refuse to follow a pipeline that does not exist', async () => {
    await expect(
      new Promise((_, reject) => {
        server.overWebSocket().deployments.live.subscribe({ pipelineId: 'nowhere' }, { onError: reject });
      }),
    ).rejects.toMatchObject({ data: { reason: 'not-found' } });
  });
});

/** What the task says of the store of airports. */
function answerOf(taskId: string, ...keys: string[]) {
  const rows = keys.map((key) => ({
    key,
    window: null,
    value: { city: key },
    timestamp: 0,
    taskId,
    cursor: { segment: 0, key },
  }));
  return { taskId, rows, more: false, entries: keys.length, windows: [], streamTime: null, graceMs: null, position: 3 };
}

const allTasks = {
  answers: [0, 1, 2, 3].map((partition) => answerOf(`0_${partition}`, `A${partition}`)),
  refusals: [],
};

describe('store queries', patient, () => {
  const query = { store: 'flight-delays-airports-store', select: { by: 'all' as const } };
  const ask = () => api().stores.query.query({ pipelineId, query });

  it('are answered from the running tasks, and say who did not answer', async () => {
    script({
      storeAnswers: {
        answers: [answerOf('0_0', 'ATL', 'ORD'), answerOf('0_1', 'BOS')],
        refusals: [{ taskId: '0_2', reason: 'restoring' }],
      },
    });
    await api().deployments.deploy.mutate({ pipelineId });
    await inState('running');
    const page = await ask();
    expect(page.rows.map(({ key }) => key)).toEqual(['ATL', 'BOS', 'ORD']);
    expect(page.coverage).toEqual({
      answered: 2,
      partitions: 4,
      refusals: [
        { taskId: '0_2', reason: 'restoring' },
        { taskId: '0_3', reason: 'no-answer' },
      ],
    });
    expect(page).toMatchObject({ isLive: true, problem: null });
  });

  it('say as data that nothing was ever deployed, and name a store that is none', async () => {
    expect(await ask()).toMatchObject({
      isLive: false,
      coverage: { answered: 0, refusals: [{ reason: 'not-running' }] },
    });
    const askUnknown = () => api().stores.query.query({ pipelineId, query: { ...query, store: 'nope' } });
    const unknown = { partitions: 0, refusals: [{ taskId: '', reason: 'unknown-store' }] };
    await api().deployments.deploy.mutate({ pipelineId });
    await inState('running');
    expect((await askUnknown()).coverage).toMatchObject(unknown);
    await api().deployments.stop.mutate({ pipelineId });
    expect((await askUnknown()).coverage).toMatchObject(unknown);
    expect(heard().filter(({ type }) => type === 'read')).toEqual([]);
  });

  it('end at once when the worker ends and another is about to start', async () => {
    await api().deployments.deploy.mutate({ pipelineId });
    const { worker } = await frame((next) => next.worker !== null);
    const asked = ask();
    await eventually(() => heard().some(({ type }) => type === 'storeQuery'));
    process.kill(worker?.pid ?? 0, 'SIGKILL');
    const { coverage } = await asked;
    expect(coverage.refusals.map(({ reason }) => reason)).toEqual(Array(4).fill('not-running'));
  });

  it('go to a reader while the pause before the next worker is long', async () => {
    script({ onAssign: 'fail-for-now', storeAnswers: allTasks });
    await api().deployments.deploy.mutate({ pipelineId });
    const page = await eventually(async () => {
      const next = await ask();
      return next.coverage.answered === 0 ? undefined : next;
    });
    const reader = noted();
    expect(page).toMatchObject({ isLive: false, coverage: { answered: 4, partitions: 4, refusals: [] } });
    const waiting = await frame(({ deployment }) => deployment !== null && deployment.reason !== null);
    expect(waiting.deployment).toMatchObject({
      state: 'starting',
      reason: expect.stringMatching(/^The disk does not answer\. It starts again in [48] s\.$/),
    });
    script({});
    await api().deployments.deploy.mutate({ pipelineId });
    await inState('running');
    expect(isAlive(reader)).toBe(false);
    expect(noted().pid).not.toBe(reader.pid);
  });

  it('are answered of what is restored when the rest takes long', async () => {
    await server.remove();
    await startServer({}, { readableWithinMs: 100 });
    const refusals = ['0_2', '0_3'].map((taskId) => ({ taskId, reason: 'restoring' as const }));
    script({ onRead: 'restore', storeAnswers: { answers: allTasks.answers.slice(0, 2), refusals } });
    await api().deployments.deploy.mutate({ pipelineId });
    await api().deployments.stop.mutate({ pipelineId });
    // Whether the reader has said hello within the time is the machine's affair; both are restoring.
    const page = await eventually(async () => {
      const next = await ask();
      expect(next.coverage.refusals.at(-1)).toEqual(refusals[1]);
      return next.coverage.answered === 0 ? undefined : next;
    });
    expect(page.coverage).toEqual({ answered: 2, partitions: 4, refusals });
    expect(page.rows.map(({ key }) => key)).toEqual(['A0', 'A1']);
    expect(page.isLive).toBe(false);
  });

  it('say why stores cannot be read, and do not try that again at once', async () => {
    script({ onRead: 'fail' });
    await api().deployments.deploy.mutate({ pipelineId });
    await api().deployments.stop.mutate({ pipelineId });
    const reads = () => heard().filter(({ type }) => type === 'read').length;
    const page = await ask();
    expect(page).toMatchObject({
      problem: 'The stores could not be read. The disk does not answer.',
      coverage: { answered: 0, partitions: 4 },
    });
    // Half a second at the least lies between two tries: of answers that come together at most one has tried.
    const before = reads();
    const pages = await Promise.all(Array.from({ length: 20 }, ask));
    expect(pages.every(({ problem }) => problem === page.problem)).toBe(true);
    expect(reads() - before).toBeLessThanOrEqual(1);
    script({ storeAnswers: allTasks });
    const mended = await eventually(async () => {
      const next = await ask();
      return next.problem === null ? next : undefined;
    });
    expect(mended.coverage).toEqual({ answered: 4, partitions: 4, refusals: [] });
  });
});
