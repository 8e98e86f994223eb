import { type Pipeline, readPipeline, topicCatalogue } from '@millrace/engine';
import { describe, expect, it } from 'vitest';
import { planDeployment } from './deploy-plan.ts';
import type { DeploymentRecord } from './deployment-record.ts';

const catalogue = topicCatalogue(
  ['a', 'b'].map((name) => ({
    name,
    partitions: 2,
    keyFormat: 'string',
    key: { kind: 'string' },
    value: { kind: 'unknown' },
    sampled: 0,
    latest: [],
  })),
);

/** Each topic goes straight to a sink of its own: a part of its own. */
function copying(...topics: string[]): Pipeline {
  const read = readPipeline({
    formatVersion: 1,
    id: 'p',
    name: 'P',
    nodes: topics.flatMap((topic) => [
      { id: `in-${topic}`, kind: 'source', name: topic, config: { topic } },
      { id: `out-${topic}`, kind: 'sink', name: topic, config: { topic: `out-${topic}` } },
    ]),
    edges: topics.map((topic) => ({ from: `in-${topic}.out`, to: `out-${topic}.in` })),
  });
  if (!read.ok) throw new Error(read.diagnostics[0]?.message);
  return read.pipeline;
}

function recordOf(pipeline: Pipeline): DeploymentRecord {
  const { topology } = planDeployment(pipeline, catalogue, [], null, false);
  if (topology === null) throw new Error('the pipeline cannot be planned');
  return {
    desired: 'stopped',
    failure: null,
    topology,
    revision: 1,
    signatures: [],
    tasks: [],
    stateId: '',
    resetting: false,
  };
}

describe('planDeployment', () => {
  it('refuses to lose the position of a topic that another part would read', () => {
    const record = recordOf(copying('a'));
    const { plan, topology } = planDeployment(copying('b', 'a'), catalogue, [], record, true);
    expect(topology).toBeNull();
    expect(plan.diagnostics).toMatchObject([
      { severity: 'error', code: 'moved-topic', message: expect.stringContaining('topic a ') },
    ]);
    // Where nothing was read yet, nothing can be lost.
    expect(planDeployment(copying('b', 'a'), catalogue, [], record, false).topology).not.toBeNull();
    expect(planDeployment(copying('a', 'b'), catalogue, [], record, true).topology).not.toBeNull();
  });

  it('names topics that are in the way', () => {
    const cleanup = { policy: 'delete', retentionMs: null, retentionBytes: null } as const;
    const taken = {
      name: 'p-commits',
      partitions: 1,
      role: 'external',
      owner: null,
      cleanup,
      startOffsets: [0],
      endOffsets: [0],
      sizeBytes: 0,
    } as const;
    const { plan, topology } = planDeployment(copying('a'), catalogue, [taken], null, false);
    expect(topology).toBeNull();
    expect(plan.diagnostics).toMatchObject([{ code: 'topic-conflict', message: expect.stringContaining('p-commits') }]);
  });
});
