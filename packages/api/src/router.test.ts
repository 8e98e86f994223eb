import { LogError, type Pipeline } from '@millrace/engine';
import { describe, expect, it } from 'vitest';
import type { ApiContext } from './context.ts';
import { ApiError } from './errors.ts';
import { apiRouter } from './router.ts';
import { createCallerFactory } from './trpc.ts';

const createCaller = createCallerFactory(apiRouter);

/** A context of which a test gives the part that its call reaches; anything else would be a defect of the router. */
function caller(parts: { [Area in keyof ApiContext]?: Partial<ApiContext[Area]> }) {
  const system = { info: () => ({ version: '0', backend: 'embedded', readOnly: null }) };
  return createCaller({ system, ...parts } as ApiContext);
}

function failing(error: Error) {
  return caller({
    pipelines: {
      get: () => {
        throw error;
      },
    },
  }).pipelines.get({ id: 'p' });
}

describe('refusals', () => {
  it('keep their code and their words', async () => {
    await expect(failing(new ApiError('not-found', 'There is no pipeline p.'))).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: 'There is no pipeline p.',
    });
    await expect(failing(new ApiError('conflict', 'x'))).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(failing(new ApiError('invalid', 'x'))).rejects.toMatchObject({ code: 'UNPROCESSABLE_CONTENT' });
    await expect(failing(new ApiError('read-only', 'x'))).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it('tell of a fault of the log, which somebody can mend', async () => {
    await expect(failing(new LogError('disk-full', 'The disk is full.'))).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
      message: 'The disk is full.',
      cause: { code: 'unavailable' },
    });
  });

  it('leave a defect a defect', async () => {
    await expect(failing(new TypeError('x is undefined'))).rejects.toMatchObject({ code: 'INTERNAL_SERVER_ERROR' });
  });
});

describe('a server that another has taken over from', () => {
  it('refuses whatever changes something, with the reason, and answers questions', async () => {
    const readOnly = 'Another server has taken over.';
    const reached: string[] = [];
    const api = caller({
      system: { info: () => ({ version: '0', backend: 'kafka', readOnly }) },
      pipelines: {
        list: () => [],
        rename: () => {
          reached.push('rename');
          throw new Error('reached');
        },
      },
    });
    const refusal = { code: 'FORBIDDEN', message: readOnly, cause: { code: 'read-only' } };
    await expect(api.pipelines.rename({ id: 'p', name: 'P' })).rejects.toMatchObject(refusal);
    await expect(api.deployments.deploy({ pipelineId: 'p' })).rejects.toMatchObject(refusal);
    expect(reached).toEqual([]);
    expect(await api.pipelines.list()).toEqual([]);
  });
});

describe('inputs', () => {
  it('never reach the host when they do not fit', async () => {
    const api = caller({});
    for (const id of ['', 'A', '../x', '__proto__', 'x'.repeat(64)]) {
      await expect(api.pipelines.get({ id })).rejects.toMatchObject({ code: 'BAD_REQUEST' });
      await expect(api.deployments.deploy({ pipelineId: id })).rejects.toMatchObject({ code: 'BAD_REQUEST' });
    }
    await expect(api.pipelines.create({ id: 'p', name: '  ' })).rejects.toMatchObject({ code: 'BAD_REQUEST' });
    await expect(api.topics.newest({ topic: 't', limit: 201 })).rejects.toMatchObject({ code: 'BAD_REQUEST' });
    const extra = { id: 'p', name: 'P', force: true };
    await expect(api.pipelines.create(extra)).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  });

  it('become pipelines: empty, imported or from an example', async () => {
    const created: Pipeline[] = [];
    const example = { formatVersion: 1, id: 'e', name: 'E', nodes: [], edges: [] } as unknown as Pipeline;
    const api = caller({
      pipelines: {
        create: async (pipeline) => {
          created.push(pipeline);
          return { pipeline, revision: 1, updatedAtMs: 0 };
        },
      },
      examples: { read: () => example },
    });
    await api.pipelines.create({ id: 'p', name: '  P  ' });
    await api.pipelines.import({ pipeline: { formatVersion: 1, id: 'q', name: 'Q', nodes: [], edges: [] } });
    await api.examples.open({ id: 'e' });
    expect(created.map(({ id, name }) => [id, name])).toEqual([
      ['p', 'P'],
      ['q', 'Q'],
      ['e', 'E'],
    ]);
    expect(created[1]?.settings.errorPolicy).toBe('dead-letter');
  });
});

describe('live frames', () => {
  it('come as the host makes them, until the reader leaves', async () => {
    let ended = false;
    async function* frames(pipelineId: string) {
      try {
        for (let atMs = 0; ; atMs++)
          yield { pipelineId, atMs, deployment: null, nodes: [], stores: [], topics: [], worker: null };
      } finally {
        ended = true;
      }
    }
    const subscription = await caller({ deployments: { live: (id) => frames(id) } }).deployments.live({
      pipelineId: 'p',
    });
    const seen: number[] = [];
    for await (const frame of subscription) {
      seen.push(frame.atMs);
      if (seen.length === 3) break;
    }
    expect(seen).toEqual([0, 1, 2]);
    expect(ended).toBe(true);
  });
});
