import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { EmbeddedLog } from '@millrace/backend-embedded';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readToEnd } from '../control/topic-reader.ts';
import { eventually, realPlaces, ServerUnderTest } from '../testing/server-under-test.ts';

const pipelineId = 'made';
let server: ServerUnderTest;

beforeEach(async () => {
  server = await new ServerUnderTest().start();
  const { pipeline, revision } = await server.overHttp().pipelines.create.mutate({ id: pipelineId, name: 'Made' });
  const config = { fields: [{ name: 'n', kind: 'sequence' }], perSecond: 1000, partitions: 2 };
  await server.overHttp().pipelines.save.mutate({
    pipeline: {
      ...pipeline,
      nodes: [
        { id: 'gen', kind: 'generator', name: 'gen', config },
        { id: 'out', kind: 'sink', name: 'out', config: { topic: 'numbers', partitions: 1 } },
      ],
      edges: [{ from: 'gen.out', to: 'out.in' }],
    },
    expectedRevision: revision,
  });
});
afterEach(() => server.remove());

async function written(): Promise<number> {
  const topics = await server.overHttp().topics.list.query();
  expect(topics.map(({ name }) => name)).not.toContain('made-gen-generator');
  return topics.find(({ name }) => name === 'numbers')?.records ?? 0;
}

describe.skipIf(!existsSync(realPlaces.workerMain))('a deployed generator', { timeout: 60_000 }, () => {
  it('makes each of its records once, over stops and starts', async () => {
    await server.overHttp().deployments.deploy.mutate({ pipelineId });
    await eventually(async () => (await written()) > 100);
    await server.overHttp().deployments.stop.mutate({ pipelineId });
    const before = await written();
    await server.overHttp().deployments.start.mutate({ pipelineId });
    await eventually(async () => (await written()) > before + 100);
    await server.stop();

    const log = await EmbeddedLog.open({ directory: join(server.directory, 'log') });
    const numbers: number[] = [];
    for await (const batch of readToEnd(log, 'numbers', 0, 0)) {
      for (let index = 0; index < batch.count; index++) {
        numbers.push(JSON.parse(new TextDecoder().decode(batch.value(index) ?? new Uint8Array())).n);
      }
    }
    await log.close();
    // Either partition may be a record or more ahead of the other, and neither leaves one out.
    for (const rest of [0, 1]) {
      const ofPartition = numbers.filter((n) => n % 2 === rest);
      expect(ofPartition).toEqual(ofPartition.map((_, index) => index * 2 + rest));
    }
  });
});
