import type { Pipeline } from '@millrace/engine';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ServerUnderTest } from '../testing/server-under-test.ts';

let server: ServerUnderTest;
beforeEach(async () => {
  server = await new ServerUnderTest().start();
});
afterEach(() => server.remove());

async function restart(): Promise<void> {
  await server.stop();
  await server.start();
}

function withNode(pipeline: Pipeline, id: string): Pipeline {
  return { ...pipeline, nodes: [...pipeline.nodes, { id, kind: 'filter', name: id, config: { condition: 'true' } }] };
}

describe('pipelines', { timeout: 30_000 }, () => {
  it('are there after a restart, as they were saved', async () => {
    const { pipelines } = server.overHttp();
    const made = await pipelines.create.mutate({ id: 'a', name: 'A' });
    const saved = await pipelines.save.mutate({ pipeline: withNode(made.pipeline, 'keep'), expectedRevision: 1 });
    expect(saved.revision).toBe(2);
    await pipelines.rename.mutate({ id: 'a', name: 'Renamed' });
    await restart();
    const found = await server.overHttp().pipelines.get.query({ id: 'a' });
    expect(found).toMatchObject({ revision: 3, pipeline: { id: 'a', name: 'Renamed', nodes: [{ id: 'keep' }] } });
    expect(await server.overHttp().pipelines.list.query()).toMatchObject([{ id: 'a', nodeCount: 1, deployment: null }]);
  });

  it('are not overwritten by somebody who saw an older revision', async () => {
    const { pipelines } = server.overHttp();
    const { pipeline } = await pipelines.create.mutate({ id: 'a', name: 'A' });
    const both = await Promise.allSettled([
      pipelines.save.mutate({ pipeline: withNode(pipeline, 'one'), expectedRevision: 1 }),
      pipelines.save.mutate({ pipeline: withNode(pipeline, 'two'), expectedRevision: 1 }),
    ]);
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    await expect(pipelines.save.mutate({ pipeline, expectedRevision: 1 })).rejects.toMatchObject({
      data: { reason: 'conflict' },
    });
    await restart();
    expect((await server.overHttp().pipelines.get.query({ id: 'a' })).revision).toBe(2);
  });

  it('get a number when their id is taken, also at its greatest length', async () => {
    const { pipelines } = server.overHttp();
    const long = 'x'.repeat(63);
    const ids: string[] = [];
    for (const id of ['a', 'a', 'a', long, long])
      ids.push((await pipelines.create.mutate({ id, name: 'N' })).pipeline.id);
    expect(ids).toEqual(['a', 'a-2', 'a-3', long, `${'x'.repeat(61)}-2`]);
  });

  it('are gone after they were deleted, and stay gone', async () => {
    const { pipelines } = server.overHttp();
    await pipelines.create.mutate({ id: 'a', name: 'A' });
    await pipelines.remove.mutate({ id: 'a' });
    await restart();
    expect(await server.overHttp().pipelines.list.query()).toEqual([]);
    await expect(server.overHttp().pipelines.remove.mutate({ id: 'a' })).rejects.toMatchObject({
      data: { reason: 'not-found' },
    });
  });

  it('can be imported, and refuse fields that nobody knows', async () => {
    const { pipelines, examples } = server.overHttp();
    const { pipeline } = await examples.open.mutate({ id: 'flight-delays' });
    const copy = await pipelines.import.mutate({ pipeline });
    expect(copy.pipeline).toMatchObject({ id: 'flight-delays-2', nodes: pipeline.nodes });
    const odd = { ...pipeline, colour: 'blue' } as Pipeline;
    await expect(pipelines.import.mutate({ pipeline: odd })).rejects.toThrow(/colour/);
  });
});
