import type { DeploymentView } from '@millrace/api';
import { type Counters, counterNames, planTopology, readPipeline, topicCatalogue } from '@millrace/engine';
import { globalTablesTaskId, type TaskTick, type Up } from '@millrace/protocol';
import { describe, expect, it } from 'vitest';
import { LiveBoard } from './live-board.ts';

const document = {
  formatVersion: 1,
  id: 'p',
  name: 'P',
  nodes: [
    { id: 'in', kind: 'source', name: 'in', config: { topic: 't' } },
    { id: 'out', kind: 'sink', name: 'out', config: { topic: 'o' } },
  ],
  edges: [{ from: 'in.out', to: 'out.in' }],
};

const topic = {
  name: 't',
  partitions: 2,
  keyFormat: 'string',
  key: { kind: 'string' },
  value: { kind: 'unknown' },
  sampled: 0,
  latest: [],
} as const;

function topology() {
  const read = readPipeline(document);
  if (!read.ok) throw new Error(read.diagnostics[0]?.message);
  return planTopology(read.pipeline, topicCatalogue([topic]));
}

const view: DeploymentView = {
  pipelineId: 'p',
  state: 'running',
  reason: null,
  failedNode: null,
  sinceMs: 0,
  revision: 1,
  restored: null,
  tasks: [],
  workers: [],
};

function values(counters: Partial<Counters>): number[] {
  return counterNames.map((name) => counters[name] ?? 0);
}

/** A tick in which the partition's task has taken `taken` records. */
function tick(
  partition: number,
  taken: number,
  failures: Extract<Up, { type: 'tick' }>['failures'] = [],
): Extract<Up, { type: 'tick' }> {
  const task: TaskTick = {
    taskId: `0_${partition}`,
    counters: [
      ['in', values({ in: taken, forwarded: taken, out: taken })],
      ['out', values({ in: taken, forwarded: taken, out: taken })],
    ],
    streamTime: taken,
    partitions: [{ topic: 't', partition, position: taken, endOffset: taken + 1 }],
    stores: [],
  };
  return { type: 'tick', tasks: [task], busy: 0, memoryBytes: 0, failures };
}

const worker1 = { id: 1, pid: 101 };
const worker2 = { id: 2, pid: 102 };

function source(board: LiveBoard, atMs: number) {
  const node = board.frame(view, new Map(), atMs).nodes.find((each) => each.node === 'in');
  if (node === undefined) throw new Error('the source is not in the frame');
  return node;
}

describe('LiveBoard', () => {
  it('takes rates over the last two seconds, from totals over all tasks', () => {
    const board = new LiveBoard(topology());
    for (let atMs = 0; atMs <= 5_000; atMs += 500) {
      // 100 a second, then 300 a second from 3 s on.
      const taken = atMs / 10 + Math.max(0, atMs - 3_000) / 5;
      board.tick(tick(0, taken), worker1, atMs);
      board.tick(tick(1, taken), worker1, atMs);
      if (atMs === 0) expect(source(board, atMs).rates.in).toBe(0);
      if (atMs === 3_000) expect(source(board, atMs).rates.in).toBeCloseTo(200, 6);
      if (atMs === 5_000) expect(source(board, atMs).rates).toEqual({ in: 600, out: 600 });
    }
    expect(source(board, 5_000).counters.in).toBe(1_800);
    expect(source(board, 5_000).lagRecords).toBe(2);
  });

  it('counts what closing windows send among what a node sends', () => {
    const board = new LiveBoard(topology());
    const closing = (absorbed: number, timed: number): Extract<Up, { type: 'tick' }> => {
      const plain = tick(0, absorbed);
      const [task] = plain.tasks;
      if (task === undefined) throw new Error('a tick has no task');
      return { ...plain, tasks: [{ ...task, counters: [['in', values({ in: absorbed, absorbed, timed })]] }] };
    };
    board.tick(tick(1, 0), worker1, 0);
    board.tick(closing(0, 0), worker1, 0);
    board.tick(closing(100, 20), worker1, 1_000);
    expect(source(board, 1_000).rates).toEqual({ in: 100, out: 20 });
  });

  it('shows no rate when ticks stop, when the worker ended, and below zero after it fell back', () => {
    const board = new LiveBoard(topology());
    board.tick(tick(1, 0), worker1, 0);
    board.tick(tick(0, 0), worker1, 0);
    board.tick(tick(0, 100), worker1, 500);
    expect(source(board, 500).rates.in).toBe(200);
    expect(source(board, 2_001).rates.in).toBe(0);
    board.workerEnded(worker1);
    expect(source(board, 600).rates.in).toBe(0);
    board.tick(tick(0, 90), worker2, 1_000);
    expect(source(board, 1_000)).toMatchObject({ rates: { in: 0 }, counters: { in: 90 } });
  });

  it('does not take totals of a task that has just come up for work done', () => {
    const board = new LiveBoard(topology());
    board.tick(tick(0, 1_000), worker1, 0);
    board.tick(tick(1, 1_000), worker1, 500);
    expect(source(board, 500)).toMatchObject({ counters: { in: 2_000 }, rates: { in: 0 } });
    board.tick(tick(1, 1_100), worker1, 1_000);
    expect(source(board, 1_000).rates.in).toBe(200);
  });

  it('keeps the newest twenty failures of a node, newest first', () => {
    const board = new LiveBoard(topology());
    for (let offset = 0; offset < 25; offset++) {
      const failure = {
        node: 'in',
        port: 'in',
        code: 'decode',
        message: 'not JSON',
        path: [],
        span: null,
        topic: 't',
        partition: 0,
        offset,
        timestamp: 0,
        record: null,
      };
      board.tick(tick(0, offset, [failure]), worker1, offset);
    }
    const { failures } = source(board, 25);
    expect(failures.map(({ offset }) => offset)).toEqual(Array.from({ length: 20 }, (_, index) => 24 - index));
    board.clear();
    expect(source(board, 25)).toMatchObject({ failures: [], lagRecords: null, counters: { in: 0 } });
  });

  it('shows global tables at their sources, though no task reads them', () => {
    const read = readPipeline({
      ...document,
      nodes: [
        ...document.nodes,
        { id: 'g', kind: 'source', name: 'g', config: { topic: 't', readAs: 'global' } },
        { id: 'j', kind: 'join', name: 'j', config: { value: 'right' } },
      ],
      edges: [
        { from: 'in.out', to: 'j.left' },
        { from: 'g.out', to: 'j.right' },
        { from: 'j.out', to: 'out.in' },
      ],
    });
    if (!read.ok) throw new Error(read.diagnostics[0]?.message);
    const board = new LiveBoard(planTopology(read.pipeline, topicCatalogue([topic])));
    const table: TaskTick = {
      taskId: globalTablesTaskId,
      counters: [['g', values({ in: 3, absorbed: 3 })]],
      streamTime: null,
      partitions: [{ topic: 't', partition: 0, position: 3, endOffset: 5 }],
      stores: [],
    };
    board.tick({ type: 'tick', tasks: [table], busy: 0, memoryBytes: 0, failures: [] }, worker1, 0);
    const frame = board.frame(view, new Map(), 0);
    expect(frame.nodes.find(({ node }) => node === 'g')).toMatchObject({
      counters: { in: 3, absorbed: 3 },
      lagRecords: 2,
      streamTime: null,
    });
    expect(frame.topics).toContainEqual(expect.objectContaining({ name: 't', role: 'external' }));
  });

  it('shows the totals of the last commit until a worker says more', () => {
    const board = new LiveBoard(topology());
    const state = JSON.stringify({ streamTime: 7, counters: { in: values({ in: 5, forwarded: 5, out: 5 }) } });
    for (const partition of [0, 1]) {
      board.recall(`0_${partition}`, { epoch: 1, positions: [{ topic: 't', partition, offset: 5 }], state });
    }
    const source = () => board.frame(view, new Map(), 0).nodes.find(({ node }) => node === 'in');
    expect(source()).toMatchObject({ counters: { in: 10, forwarded: 10 }, streamTime: 7, lagRecords: 0 });
    expect(board.frame(view, new Map(), 0).worker).toBeNull();
    board.tick(tick(0, 8), worker1, 0);
    expect(source()?.counters.in).toBe(13);
  });
});
