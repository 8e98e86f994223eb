import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryLog, pipelineSchema, planTopology, type Topology, topicCatalogue } from '@millrace/engine';
import { untypedTopic } from '@millrace/engine/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type OpenedTask, openTask } from './open-task.ts';

const topology = planned();
let log: MemoryLog;
let stateDirectory: string;

beforeEach(async () => {
  log = new MemoryLog();
  await log.ensureTopics(topology.topics);
  stateDirectory = await mkdtemp(join(tmpdir(), 'millrace-open-task-'));
});

afterEach(() => rm(stateDirectory, { recursive: true }));

function open(epoch: number, signal?: AbortSignal): Promise<OpenedTask> {
  return openTask({ topology, log, stateDirectory, taskId: '0_0', epoch, onProgress: () => undefined, signal });
}

async function commit(epoch: number): Promise<void> {
  const tasks = [{ taskId: '0_0', epoch, positions: [{ topic: 'in', partition: 0, offset: 0 }], state: '{}' }];
  await log.commit({ application: topology.pipeline, tasks, appends: [] });
}

it('opens a task as its last commit left it', async () => {
  const [first] = await log.fence(topology.pipeline, ['0_0']);
  await commit(first as number);
  const [second] = await log.fence(topology.pipeline, ['0_0']);
  const task = await open(second as number);
  expect(task).toMatchObject({ taskId: '0_0', epoch: second, committed: { epoch: first } });
  await task.stores.close();
});

it('stops as fenced when a newer owner has committed while it was being restored', async () => {
  const [stale, newer] = [
    ...(await log.fence(topology.pipeline, ['0_0'])),
    ...(await log.fence(topology.pipeline, ['0_0'])),
  ];
  await commit(newer as number);
  await expect(open(stale as number)).rejects.toMatchObject({ code: 'fenced' });
  // Its tables are closed: whoever owns the task can open them.
  const task = await open(newer as number);
  await task.stores.close();
});

it('lets a reader, which has no epoch, open what anybody committed', async () => {
  const [epoch] = await log.fence(topology.pipeline, ['0_0']);
  await commit(epoch as number);
  const task = await open(0);
  expect(task.committed?.epoch).toBe(epoch);
  await task.stores.close();
});

it('ends when it is told to, with nothing left open', async () => {
  const abort = new AbortController();
  abort.abort(new Error('revoked'));
  await expect(open(1, abort.signal)).rejects.toThrow('revoked');
  const task = await open(1);
  await task.stores.close();
});

function planned(): Topology {
  const pipeline = pipelineSchema.parse({
    formatVersion: 1,
    id: 'p',
    name: 'p',
    nodes: [
      { id: 'in', kind: 'source', name: 'in', config: { topic: 'in' } },
      { id: 'out', kind: 'sink', name: 'out', config: { topic: 'out' } },
    ],
    edges: [{ from: 'in.out', to: 'out.in' }],
  });
  return planTopology(pipeline, topicCatalogue([untypedTopic('in')]));
}
