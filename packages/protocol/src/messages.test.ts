import { describe, expect, it } from 'vitest';
import { downSchema } from './down.ts';
import { upSchema } from './up.ts';

const topology = {
  pipeline: 'p',
  guarantee: 'exactly-once',
  commitIntervalMs: 100,
  subTopologies: [],
  stores: [],
  globalTables: [],
  topics: [],
  deadLetterTopic: 'p-dead-letters',
  commitsTopic: 'p-commits',
};
const query = { store: 's', select: { by: 'key', key: { any: ['JSON', null] } } };
const failure = {
  node: 'n',
  port: 'in',
  code: 'decode',
  message: 'not JSON',
  path: ['fields', 0],
  span: { start: 1, end: 2 },
  topic: 't',
  partition: 0,
  offset: 7,
  timestamp: 1,
  record: null,
};
const tick = {
  type: 'tick',
  tasks: [
    {
      taskId: '0_1',
      counters: [['source', [1, 1, 0, 0, 0, 0, 0, 1, 0, 0]]],
      streamTime: null,
      partitions: [{ topic: 't', partition: 1, position: 4, endOffset: 9 }],
      stores: [{ name: 's', entries: 3 }],
    },
  ],
  busy: 0.5,
  memoryBytes: 1e8,
  failures: [failure],
};

describe('what the server says', () => {
  it('is taken in every form', () => {
    for (const message of [
      { type: 'deploy', topology },
      { type: 'read', topology, taskIds: ['0_0'] },
      { type: 'assign', tasks: [{ taskId: '0_0', epoch: 3 }] },
      { type: 'revoke', requestId: 1, taskIds: ['0_0'] },
      { type: 'stop' },
      { type: 'appended', topics: ['t'] },
      { type: 'storeQuery', requestId: 2, query },
    ]) {
      expect(downSchema.safeParse(message)).toMatchObject({ success: true });
    }
  });

  it('is refused when it is something else, or more than it should be', () => {
    for (const message of [
      null,
      'stop',
      { type: 'weather' },
      { type: 'stop', now: true },
      { type: 'assign', tasks: [{ taskId: '0_0', epoch: 0.5 }] },
      { type: 'deploy', topology: { ...topology, subTopologies: 'none' } },
      { type: 'read', topology, tasks: [{ taskId: '0_0', epoch: 3 }] },
      { type: 'storeQuery', requestId: 2, query: { ...query, limit: 100_000 } },
    ]) {
      expect(downSchema.safeParse(message).success).toBe(false);
    }
  });
});

describe('what a worker says', () => {
  it('is taken in every form', () => {
    const row = {
      key: 'k',
      window: { start: 0, end: 1 },
      value: 1,
      timestamp: 0,
      taskId: '0_0',
      cursor: { segment: 0, key: 'k' },
    };
    const answer = {
      taskId: '0_0',
      rows: [row],
      more: false,
      entries: 1,
      windows: [],
      streamTime: 1,
      graceMs: null,
      position: 1,
    };
    for (const message of [
      { type: 'hello', protocolVersion: 1, pid: 2 },
      { type: 'taskStates', tasks: [{ taskId: '0_0', state: 'restoring', restoredRecords: 1, restoreTotal: 2 }] },
      tick,
      { type: 'gaps', gaps: [{ taskId: '0_0', topic: 't', partition: 0, fromOffset: 4, toOffset: 9 }] },
      { type: 'revoked', requestId: 1 },
      { type: 'appended', topics: [] },
      { type: 'storeAnswers', requestId: 1, answers: [answer], refusals: [{ taskId: '0_1', reason: 'restoring' }] },
      { type: 'trouble', message: 'No broker answers.' },
      { type: 'trouble', message: null },
      { type: 'failed', code: 'policy', message: 'm', node: null, retriable: false },
      { type: 'stopped' },
    ]) {
      expect(upSchema.safeParse(message)).toMatchObject({ success: true });
    }
  });

  it('lets a server read the greeting of every version, to refuse it in words', () => {
    expect(upSchema.parse({ type: 'hello', protocolVersion: 99, pid: 2 })).toMatchObject({ protocolVersion: 99 });
  });

  it('is refused when numbers are none', () => {
    for (const busy of [Number.NaN, Number.POSITIVE_INFINITY, '0.5'])
      expect(upSchema.safeParse({ ...tick, busy }).success).toBe(false);
  });
});
