import type {
  CatalogueRecord,
  CatalogueTopic,
  Counters,
  Diagnostic,
  Pipeline,
  RecordFailure,
  StoreRefusal,
  StoreRow,
  TopicRole,
} from '@millrace/engine';

/** Plain data that the server answers with. Times are epoch milliseconds of the server's clock unless they say event time. */

export interface SystemView {
  readonly version: string;
  readonly backend: 'embedded' | 'kafka';
  /** Why nothing can be changed (another server took over), or null. */
  readonly readOnly: string | null;
}

export interface PipelineSummary {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly revision: number;
  readonly updatedAtMs: number;
  readonly nodeCount: number;
  /** For the dot thumbnail: places lie in the unit square, with the layout's proportions kept. */
  readonly thumbnail: Thumbnail;
  readonly deployment: DeploymentState | null;
}

export interface Thumbnail {
  readonly dots: readonly { readonly x: number; readonly y: number; readonly shape: 'stream' | 'table' | 'sink' }[];
  /** Pairs of indices into `dots`. */
  readonly lines: readonly (readonly [number, number])[];
}

export interface PipelineView {
  readonly pipeline: Pipeline;
  readonly revision: number;
  readonly updatedAtMs: number;
}

export interface ExampleView {
  readonly id: string;
  /** What several examples that belong together are called; null for one that stands alone. */
  readonly collection: string | null;
  readonly name: string;
  readonly description: string;
  readonly thumbnail: Thumbnail;
}

export interface TopicView {
  readonly name: string;
  readonly role: TopicRole;
  readonly owner: string | null;
  readonly partitions: number;
  /** Records kept, over all partitions. */
  readonly records: number;
  readonly sizeBytes: number;
}

export type { CatalogueRecord, CatalogueTopic };

export const deploymentStates = ['starting', 'restoring', 'running', 'stopping', 'stopped', 'failed'] as const;
export type DeploymentState = (typeof deploymentStates)[number];

export interface DeploymentView {
  readonly pipelineId: string;
  readonly state: DeploymentState;
  /** Why it failed, with what to do; or what is being waited for (a worker that ended starts again in 2 s). */
  readonly reason: string | null;
  /** The node that made it fail, when one did. */
  readonly failedNode: string | null;
  readonly sinceMs: number;
  /** The revision of the pipeline that runs. */
  readonly revision: number;
  /** While restoring. */
  readonly restored: RestoredRecords | null;
  readonly tasks: readonly TaskView[];
  /** The worker processes that are meant to run; empty while it is stopped or failed. */
  readonly workers: readonly WorkerView[];
}

/** How many records of changelogs the tasks have replayed, of those that they must. */
export interface RestoredRecords {
  readonly records: number;
  readonly totalRecords: number;
}

/** A task is named `<sub-topology>_<partition>`. */
export interface TaskView {
  readonly taskId: string;
  readonly state: 'starting' | 'restoring' | 'running';
}

export interface WorkerView {
  readonly name: string;
  /** Null while there is no process: it is being started, or waits to be. */
  readonly pid: number | null;
  /** `ready`: it runs and has no tasks. */
  readonly state: TaskView['state'] | 'ready';
  /** What it waits for, as sentences. */
  readonly reason: string | null;
  readonly tasks: readonly TaskView[];
  /** While restoring. */
  readonly restored: RestoredRecords | null;
  /** Share of the last half second that went into records, 0 to 1. */
  readonly busy: number;
  readonly memoryBytes: number;
}

/** Records that retention removed before a node had read them; they are missing in its results. */
export interface LostRecords {
  readonly topic: string;
  readonly partition: number;
  readonly records: number;
}

/** Records a second, over the last two seconds. */
export interface NodeRates {
  readonly in: number;
  /** What closing windows sent included. */
  readonly out: number;
}

export interface NodeLive {
  readonly node: string;
  readonly counters: Counters;
  readonly rates: NodeRates;
  /** Records that wait in front of this node in the log: of its topic (sources) or its repartition topic; null where nothing can wait. */
  readonly lagRecords: number | null;
  /** The repartition topic in front of the node, if it has one: what waits, by partition. */
  readonly waiting: { readonly topic: string; readonly byPartition: readonly number[] } | null;
  /** Event time of the newest record taken by the node's tasks. */
  readonly streamTime: number | null;
  /** The newest failures, newest first, at most 20. */
  readonly failures: readonly RecordFailure[];
  /** Since the server was started or the pipeline was reset; one entry a partition, in the order of topics and partitions. */
  readonly lost: readonly LostRecords[];
}

export interface StoreLive {
  readonly name: string;
  readonly node: string;
  readonly kind: 'key-value' | 'window';
  readonly entries: number | null;
}

/** All that the canvas shows of a deployment, at one moment; sent at least twice a second while it runs, and on every change of state. */
export interface LiveFrame {
  readonly pipelineId: string;
  readonly atMs: number;
  /** Null when the pipeline was never deployed. */
  readonly deployment: DeploymentView | null;
  readonly nodes: readonly NodeLive[];
  readonly stores: readonly StoreLive[];
  readonly topics: readonly {
    readonly name: string;
    readonly role: TopicRole;
    readonly lagRecords: number | null;
    readonly records: number;
  }[];
  /** Of all workers that run: the first one's process, how busy they are on average, what memory they have together. */
  readonly worker: { readonly pid: number; readonly busy: number; readonly memoryBytes: number } | null;
}

export interface StorePage {
  readonly rows: readonly StoreRow[];
  readonly next: StoreRow['cursor'] | null;
  readonly entries: number;
  readonly windows: readonly { readonly start: number; readonly end: number; readonly entries: number }[];
  readonly streamTime: number | null;
  readonly graceMs: number | null;
  /** How much of the store was searched; complete when both numbers are equal. */
  readonly coverage: {
    readonly answered: number;
    readonly partitions: number;
    readonly refusals: readonly { readonly taskId: string; readonly reason: StoreRefusal }[];
  };
  /** Changes when a later page saw other data than the first. */
  readonly position: string;
  readonly readAtMs: number;
  /** Whether the pipeline ran when it was read. What is read of one that does not run stays as it is until it runs again. */
  readonly isLive: boolean;
  /** Why nothing could be read, as sentences, when there is more to say than the refusals do. */
  readonly problem: string | null;
}

/** What deploying would do, before it is done. */
export interface DeployPlan {
  readonly diagnostics: readonly Diagnostic[];
  readonly stores: readonly {
    readonly name: string;
    /** `refused`: something else is stored under the name; reset first, or give the node another id. `orphaned`: kept, but no longer used. */
    readonly fate: 'new' | 'kept' | 'refused' | 'orphaned';
    readonly reason: string | null;
  }[];
  readonly topics: readonly {
    readonly name: string;
    readonly role: TopicRole;
    readonly partitions: number;
    readonly exists: boolean;
  }[];
  /** The text of the topology, as Kafka Streams describes one. */
  readonly description: string;
  /** True when it continues from committed positions. */
  readonly continues: boolean;
}
