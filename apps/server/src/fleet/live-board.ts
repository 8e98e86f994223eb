import type { DeploymentView, LiveFrame, NodeLive, StoreLive } from '@millrace/api';
import {
  addCounters,
  type CommittedTask,
  type Counters,
  countersFromArray,
  decodeTaskState,
  emptyCounters,
  nodeCounters,
  type RecordFailure,
  type SubTopology,
  subTopologyOf,
  type TaskId,
  type TopicDescription,
  type Topology,
  taskIds,
} from '@millrace/engine';
import type { RetentionGap, TaskTick, Up } from '@millrace/protocol';
import { RetentionGaps } from './retention-gaps.ts';
import { readersOf, repartitionBefore, subTopologyOfNode } from './topology-lookup.ts';
import type { Worker } from './worker.ts';

type Tick = Extract<Up, { type: 'tick' }>;

const rateWindowMs = 2_000;
/** A tick older than this no longer speaks for the present. */
const freshMs = 1_500;
const failuresKept = 20;

/** What a worker said last of its work and its memory. */
export interface WorkerSpent {
  readonly busy: number;
  readonly memoryBytes: number;
}

interface Sample {
  readonly atMs: number;
  readonly nodes: ReadonlyMap<string, Counters>;
}

/** What is known of one running topology at this moment: the newest tick of each task, and enough of the past for rates. */
export class LiveBoard {
  readonly #topology: Topology;
  readonly #taskCount: number;
  readonly #tasks = new Map<string, TaskTick>();
  readonly #failures = new Map<string, RecordFailure[]>();
  readonly #gaps: RetentionGaps;
  /** Oldest first. */
  #samples: Sample[] = [];
  /** By worker, in the order in which they were heard of. */
  readonly #workers = new Map<number, WorkerSpent & { readonly pid: number }>();

  /** @param before the board of the topology in whose place this one comes: what it has lost stays lost */
  constructor(topology: Topology, before: LiveBoard | null = null) {
    this.#topology = topology;
    this.#gaps = before === null ? new RetentionGaps() : before.#gaps;
    // The global tables tell of themselves like one task more.
    this.#taskCount = taskIds(topology).length + (topology.globalTables.length === 0 ? 0 : 1);
  }

  tick(tick: Tick, { id, pid }: Pick<Worker, 'id' | 'pid'>, atMs: number): void {
    for (const task of tick.tasks) this.#tasks.set(task.taskId, task);
    for (const failure of tick.failures) {
      const kept = [failure, ...(this.#failures.get(failure.node) ?? [])];
      this.#failures.set(failure.node, kept.slice(0, failuresKept));
    }
    this.#workers.set(id, { pid, busy: tick.busy, memoryBytes: tick.memoryBytes });
    // Tasks come up one after another with totals of their own: before all are there, a sum of totals is no measure of work done.
    if (this.#tasks.size < this.#taskCount) return;
    const oldest = this.#samples.findLastIndex((sample) => sample.atMs <= atMs - rateWindowMs);
    this.#samples = [...this.#samples.slice(Math.max(0, oldest)), { atMs, nodes: this.#nodeCounters() }];
  }

  /** Counts a gap at each node that reads the topic in the task's sub-topology. */
  gap(gap: RetentionGap): void {
    const { subTopology } = subTopologyOf(this.#topology, gap.taskId);
    const nodes = subTopology.sources.filter(({ topic }) => topic === gap.topic).map(({ node }) => node);
    for (const node of new Set(nodes)) this.#gaps.add(node, gap);
  }

  /** Shows where a task stood at its last commit, until a worker says more. */
  recall(taskId: TaskId, { positions, state }: CommittedTask): void {
    if (this.#tasks.has(taskId)) return;
    const { counters, streamTime } = decodeTaskState(state);
    this.#tasks.set(taskId, {
      taskId,
      counters: Object.entries(counters).map(([id, values]) => [id, [...values]]),
      streamTime,
      partitions: positions.map(({ topic, partition, offset }) => ({
        topic,
        partition,
        position: offset,
        endOffset: offset,
      })),
      stores: [],
    });
  }

  /** What the worker said of itself last; null before it has said anything. */
  worker({ id }: Pick<Worker, 'id'>): WorkerSpent | null {
    return this.#workers.get(id) ?? null;
  }

  /** The worker is gone. Totals stay; rates begin anew, since a worker that takes over goes on from the last commit. */
  workerEnded({ id }: Pick<Worker, 'id'>): void {
    this.#workers.delete(id);
    this.#samples = [];
  }

  /** Everything of the past is forgotten: after a reset. */
  clear(): void {
    this.#workers.clear();
    this.#samples = [];
    this.#tasks.clear();
    this.#failures.clear();
    this.#gaps.clear();
  }

  /** @param topics the log's own description of all topics, now */
  frame(deployment: DeploymentView, topics: ReadonlyMap<string, TopicDescription>, atMs: number): LiveFrame {
    return {
      pipelineId: this.#topology.pipeline,
      atMs,
      deployment,
      nodes: this.#nodes(topics, atMs),
      stores: this.#topology.stores.map((store) => this.#store(store)),
      topics: this.#topicRows(topics),
      worker: this.#allWorkers(),
    };
  }

  #allWorkers(): LiveFrame['worker'] {
    const workers = [...this.#workers.values()];
    const [first] = workers;
    if (first === undefined) return null;
    return {
      pid: first.pid,
      busy: sum(workers.map(({ busy }) => busy)) / workers.length,
      memoryBytes: sum(workers.map(({ memoryBytes }) => memoryBytes)),
    };
  }

  #nodes(topics: ReadonlyMap<string, TopicDescription>, atMs: number): readonly NodeLive[] {
    const counters = this.#nodeCounters();
    return nodesOf(this.#topology).map((node) => {
      const repartition = repartitionBefore(this.#topology, node);
      const waiting =
        repartition === null
          ? null
          : { topic: repartition, byPartition: this.#lagByPartition(repartition, topics) ?? [] };
      return {
        node,
        counters: counters.get(node) ?? emptyCounters,
        rates: this.#rates(node, atMs),
        lagRecords: waiting === null ? this.#sourceLag(node, topics) : sum(waiting.byPartition),
        waiting,
        streamTime: this.#streamTime(subTopologyOfNode(this.#topology, node)),
        failures: this.#failures.get(node) ?? [],
        lost: this.#gaps.of(node),
      };
    });
  }

  #nodeCounters(): Map<string, Counters> {
    const byId = new Map<string, Counters>();
    for (const task of this.#tasks.values()) {
      for (const [id, values] of task.counters) {
        byId.set(id, addCounters(byId.get(id) ?? emptyCounters, countersFromArray(values)));
      }
    }
    return nodeCounters(this.#topology, byId);
  }

  #rates(node: string, atMs: number): NodeLive['rates'] {
    const newest = this.#samples.at(-1);
    const base = this.#samples.findLast((sample) => sample.atMs <= atMs - rateWindowMs) ?? this.#samples[0];
    if (newest === undefined || base === undefined || atMs - newest.atMs > freshMs) return { in: 0, out: 0 };
    const seconds = (newest.atMs - base.atMs) / 1_000;
    if (seconds <= 0) return { in: 0, out: 0 };
    const now = newest.nodes.get(node) ?? emptyCounters;
    const then = base.nodes.get(node) ?? emptyCounters;
    const out = sentBy(now) - sentBy(then);
    return { in: Math.max(0, now.in - then.in) / seconds, out: Math.max(0, out) / seconds };
  }

  #store({ name, node, kind }: Topology['stores'][number]): StoreLive {
    const counts = [...this.#tasks.values()].flatMap((task) => task.stores.filter((store) => store.name === name));
    return { name, node, kind, entries: counts.length === 0 ? null : sum(counts.map(({ entries }) => entries)) };
  }

  #sourceLag(node: string, topics: ReadonlyMap<string, TopicDescription>): number | null {
    const sources = this.#topology.subTopologies.flatMap(({ sources }) => sources);
    const global = this.#topology.globalTables.map(({ source }) => source);
    const source = [...sources, ...global].find((candidate) => candidate.node === node && !candidate.internal);
    return source === undefined ? null : this.#lag(source.topic, topics);
  }

  #lag(topic: string, topics: ReadonlyMap<string, TopicDescription>): number | null {
    const lags = this.#lagByPartition(topic, topics);
    return lags === null ? null : sum(lags);
  }

  /** Null when no task has said how far it has read. */
  #lagByPartition(topic: string, topics: ReadonlyMap<string, TopicDescription>): readonly number[] | null {
    const ends = topics.get(topic)?.endOffsets;
    const lags: number[] = [];
    for (const task of this.#tasks.values()) {
      for (const read of task.partitions) {
        if (read.topic !== topic) continue;
        const end = Math.max(read.endOffset, ends?.[read.partition] ?? 0);
        lags[read.partition] = Math.max(0, end - read.position);
      }
    }
    return lags.length === 0 ? null : Array.from(lags, (lag) => lag ?? 0);
  }

  #streamTime(subTopology: SubTopology | undefined): number | null {
    let newest: number | null = null;
    for (const { taskId, streamTime } of this.#tasks.values()) {
      if (streamTime === null || !taskId.startsWith(`${subTopology?.id}_`)) continue;
      newest = Math.max(newest ?? streamTime, streamTime);
    }
    return newest;
  }

  #topicRows(topics: ReadonlyMap<string, TopicDescription>): LiveFrame['topics'] {
    const own = this.#topology.topics.map(({ name, role }) => ({ name, role }));
    const read = [...readersOf(this.#topology)]
      .filter(([name, { sources }]) =>
        sources.some(({ topic, generator }) => topic === name && generator === undefined),
      )
      .map(([name]) => name)
      .concat(this.#topology.globalTables.map(({ source }) => source.topic))
      .filter((name, at, names) => names.indexOf(name) === at && !own.some((topic) => topic.name === name))
      .map((name) => ({ name, role: 'external' as const }));
    return [...read, ...own].map(({ name, role }) => {
      const topic = topics.get(name);
      const records = topic?.endOffsets.map((end, partition) => end - (topic.startOffsets[partition] ?? 0)) ?? [];
      return { name, role, lagRecords: this.#lag(name, topics), records: sum(records) };
    });
  }
}

function nodesOf(topology: Topology): readonly string[] {
  const nodes = topology.subTopologies.flatMap(({ sources, processors, sinks }) => [
    ...sources.filter((source) => !source.internal),
    ...processors,
    ...sinks.filter((sink) => !sink.internal),
  ]);
  const global = topology.globalTables.map(({ source }) => source);
  return [...new Set([...nodes, ...global].map(({ node }) => node))];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** What a node sent on: because of a record, or because a window closed. */
function sentBy({ out, timed }: Counters): number {
  return out + timed;
}
