import { createHash } from 'node:crypto';
import {
  type AssignedTask,
  type Assignment,
  type AssignmentListener,
  assert,
  LogError,
  subTopologyOf,
  type TaskId,
  type TopicPartition,
  type Topology,
  taskIds,
} from '@millrace/engine';
import type { JoinedMember } from '../codec/requests/join-group.ts';
import { taskPartition } from '../task-partitions.ts';
import type { RpcTransport } from '../transport/rpc-transport.ts';
import { assignTasks, type GroupMember, type SharedTask, type SharingOptions } from './assign-tasks.ts';
import { decodeAssignment, decodeSubscription, encodeAssignment, encodeSubscription } from './consumer-protocol.ts';
import { type ClaimedTask, type CommittingMember, type GroupIdentity, ownerInstanceId } from './group-identity.ts';
import { type Member, Membership, type MembershipState } from './membership.ts';
import { decodeReport, decodeShare, encodeReport, encodeShare, type MemberReport } from './user-data.ts';

/** The assignor's name in the group. */
const protocol = 'millrace';

export interface KafkaAssignmentOptions {
  readonly transport: RpcTransport;
  readonly topology: Topology;
  /** A fixed name of this worker: after a restart within the session's length it gets its tasks back, and nothing moves. */
  readonly groupInstanceId?: string | null;
  /** A worker that is not heard of for this long has died. */
  readonly sessionTimeoutMs?: number;
  readonly heartbeatIntervalMs?: number;
  /** How long the others wait for a worker to commit and join again before it is taken for dead. */
  readonly rebalanceTimeoutMs?: number;
  readonly capacity?: number;
  readonly sharing?: Partial<SharingOptions>;
  /** How often tasks are shared out again while copies are warming up. */
  readonly probingIntervalMs?: number;
  /** Of the stores on this worker's disk: how many changelog records they are behind. Default: none are there. */
  readonly lags?: () => Promise<ReadonlyMap<TaskId, number>>;
  /** How many records the changelogs of each task hold. Default: none. */
  readonly changelogRecords?: () => Promise<ReadonlyMap<TaskId, number>>;
}

const defaults = {
  sessionTimeoutMs: 15_000,
  heartbeatIntervalMs: 1_000,
  rebalanceTimeoutMs: 60_000,
  probingIntervalMs: 30_000,
  sharing: { standbys: 0, acceptableLag: 10_000, maxWarmUps: 2 },
};

/**
 * Tasks by Kafka's group protocol: the group is named after the pipeline. Rebalances are incremental (as in KIP-429): a member keeps what
 * it has while it joins again; a task that is to move is first revoked, then its old owner joins again, and only then it is given to
 * the new one. A task's epoch is the group's generation in which it was given to its owner.
 */
export class KafkaAssignment implements Assignment, CommittingMember {
  readonly #options: KafkaAssignmentOptions;
  readonly #membership: Membership;
  readonly #topologyHash: string;
  readonly #probingIntervalMs: number;
  readonly #sharing: SharingOptions;
  #listener: AssignmentListener | null = null;
  /** What this worker owns, with the epochs under which it was given it. */
  readonly #owned = new Map<TaskId, number>();
  #standbys: readonly TaskId[] = [];
  #asked = 0;
  #isLeader = false;
  #probe: ReturnType<typeof setTimeout> | null = null;

  constructor(options: KafkaAssignmentOptions) {
    this.#options = options;
    const { topology, groupInstanceId = null } = options;
    this.#topologyHash = createHash('sha256').update(JSON.stringify(topology)).digest('base64url').slice(0, 22);
    this.#sharing = { ...defaults.sharing, ...options.sharing };
    this.#probingIntervalMs = options.probingIntervalMs ?? defaults.probingIntervalMs;
    this.#membership = new Membership({
      transport: options.transport,
      group: topology.pipeline,
      groupInstanceId,
      sessionTimeoutMs: options.sessionTimeoutMs ?? defaults.sessionTimeoutMs,
      heartbeatIntervalMs: options.heartbeatIntervalMs ?? defaults.heartbeatIntervalMs,
      rebalanceTimeoutMs: options.rebalanceTimeoutMs ?? defaults.rebalanceTimeoutMs,
      protocol,
      member: this.#member(),
    });
  }

  /** For those who watch: what the membership is doing. */
  get state(): MembershipState {
    return this.#membership.state;
  }

  subscribe(listener: AssignmentListener): void {
    assert(this.#listener === null, 'an assignment has one listener');
    this.#listener = listener;
    this.#membership.start();
  }

  forfeit(): void {
    this.#membership.forfeit();
  }

  async close(): Promise<void> {
    this.#listener = null;
    this.#stopProbing();
    await this.#membership.close();
    this.#owned.clear();
  }

  whileMember<T>(tasks: readonly ClaimedTask[], work: (identity: GroupIdentity) => Promise<T>): Promise<T> {
    return this.#membership.whileGeneration(async (identity) => {
      const stranger = tasks.find(({ taskId, epoch }) => this.#owned.get(taskId) !== epoch);
      if (identity === null || stranger !== undefined) {
        throw new LogError(
          'fenced',
          `This worker does not own ${stranger === undefined ? 'its tasks' : `task ${stranger.taskId}`} of ${this.#options.topology.pipeline} any more: the group has given it to another worker. Stop the task.`,
        );
      }
      return work(identity);
    });
  }

  #member(): Member {
    return {
      metadata: () => this.#report(),
      share: (members) => this.#share(members),
      given: (generation, assignment) => this.#take(generation, assignment),
      lost: () => this.#lost(),
      failed: (error) => {
        const listener = this.#listener;
        void this.#lost().then(() => listener?.failed(error));
      },
    };
  }

  async #report(): Promise<Uint8Array> {
    this.#stopProbing();
    const { topology, capacity = 1, lags } = this.#options;
    const report: MemberReport = {
      topology: this.#topologyHash,
      capacity,
      owned: [...this.#owned],
      // What runs here lacks nothing; what it was before it was given to this worker does not count.
      lags: [...((await lags?.()) ?? [])].filter(([taskId]) => !this.#owned.has(taskId)),
      asked: this.#asked++,
    };
    return encodeSubscription({
      topics: subscribedTopics(topology),
      userData: encodeReport(report),
      ownedPartitions: [...this.#owned.keys()].flatMap((taskId) => partitionsOf(topology, taskId)),
    });
  }

  /**
   * Shares the tasks out. What somebody else still owns is withheld from its new owner: the old one, which is not given it any more, gives
   * it up and joins again, and the next sharing gives it away. Members with another topology get nothing; nobody does while all tasks are
   * taken over.
   */
  async #share(members: readonly JoinedMember[]): Promise<ReadonlyMap<string, Uint8Array>> {
    const reports = new Map(members.map((member) => [member.memberId, readReport(member)]));
    const owners = newestOwners(reports);
    const isTakenOver = members.some(({ groupInstanceId }) => groupInstanceId === ownerInstanceId);
    const sharers: GroupMember[] = [];
    for (const [memberId, report] of reports) {
      if (isTakenOver || report?.topology !== this.#topologyHash) continue;
      sharers.push({
        memberId,
        capacity: report.capacity,
        owned: report.owned.map(([taskId]) => taskId).filter((taskId) => owners.get(taskId) === memberId),
        lags: new Map(report.lags),
      });
    }
    const { shares, isProvisional } = assignTasks(sharers, await this.#tasks(), this.#sharing);
    this.#isLeader = true;
    return new Map(
      [...reports.keys()].map((memberId) => {
        const share = shares.get(memberId) ?? { active: [], standby: [] };
        const active = share.active.filter((taskId) => (owners.get(taskId) ?? memberId) === memberId);
        return [
          memberId,
          encodeAssignment({
            partitions: active.flatMap((taskId) => partitionsOf(this.#options.topology, taskId)),
            userData: encodeShare({ active, standby: share.standby, isProvisional }),
          }),
        ];
      }),
    );
  }

  async #tasks(): Promise<SharedTask[]> {
    const records = await this.#options.changelogRecords?.();
    return this.#options.topology.subTopologies.flatMap((subTopology) =>
      Array.from({ length: subTopology.partitions }, (_, partition) => {
        const taskId = `${subTopology.id}_${partition}`;
        const changelogRecords = subTopology.stores.length === 0 ? 0 : (records?.get(taskId) ?? 0);
        return { taskId, subTopology: subTopology.id, partition, changelogRecords };
      }),
    );
  }

  async #take(generation: number, assignment: Uint8Array): Promise<'stay' | 'join-again'> {
    const share = decodeShare(decodeAssignment(assignment).userData);
    const isLeader = this.#isLeader;
    this.#isLeader = false;
    const given = new Set(share.active);
    const gone = [...this.#owned.keys()].filter((taskId) => !given.has(taskId));
    const added: AssignedTask[] = share.active
      .filter((taskId) => !this.#owned.has(taskId))
      .map((taskId) => ({ taskId, epoch: generation }));
    // A copy that is to become the task itself is closed first, and a task that goes is closed before a copy of it is kept.
    await this.#keepCopies(share.standby.filter((taskId) => this.#standbys.includes(taskId)));
    if (gone.length > 0) {
      await this.#listener?.revoked(gone);
      for (const taskId of gone) this.#owned.delete(taskId);
    }
    if (this.#membership.identity?.generation !== generation) return 'join-again';
    for (const { taskId, epoch } of added) this.#owned.set(taskId, epoch);
    if (added.length > 0) await this.#listener?.assigned(added);
    await this.#keepCopies(share.standby);
    if (gone.length > 0) return 'join-again';
    if (isLeader && share.isProvisional) this.#probeLater();
    return 'stay';
  }

  async #keepCopies(taskIds: readonly TaskId[]): Promise<void> {
    if (taskIds.length === this.#standbys.length && taskIds.every((taskId) => this.#standbys.includes(taskId))) return;
    this.#standbys = taskIds;
    await this.#listener?.standbys(taskIds);
  }

  async #lost(): Promise<void> {
    this.#owned.clear();
    this.#stopProbing();
    await this.#listener?.lost();
  }

  #probeLater(): void {
    this.#stopProbing();
    this.#probe = setTimeout(() => this.#membership.rejoin(), this.#probingIntervalMs);
  }

  #stopProbing(): void {
    if (this.#probe !== null) clearTimeout(this.#probe);
    this.#probe = null;
  }
}

/** Null for a member whose report cannot be read: it is one of another version, and gets no tasks. */
function readReport({ metadata }: JoinedMember): MemberReport | null {
  try {
    return decodeReport(decodeSubscription(metadata).userData);
  } catch {
    return null;
  }
}

/** Who owns what. Of two who say so, the one that was given the task last is right. */
function newestOwners(reports: ReadonlyMap<string, MemberReport | null>): ReadonlyMap<TaskId, string> {
  const owners = new Map<TaskId, { readonly memberId: string; readonly epoch: number }>();
  for (const [memberId, report] of reports) {
    for (const [taskId, epoch] of report?.owned ?? []) {
      const known = owners.get(taskId);
      if (known === undefined || epoch > known.epoch) owners.set(taskId, { memberId, epoch });
    }
  }
  return new Map([...owners].map(([taskId, { memberId }]) => [taskId, memberId]));
}

/** All topics for which the group commits offsets: those of topics that nobody subscribes to would expire. */
function subscribedTopics(topology: Topology): string[] {
  const topics = taskIds(topology).flatMap((taskId) => partitionsOf(topology, taskId).map(({ topic }) => topic));
  return [...new Set(topics)].sort();
}

/** What the task reads of the log, and where its state is: for Kafka's tools, which show a group by partitions. */
function partitionsOf(topology: Topology, taskId: TaskId): TopicPartition[] {
  const { subTopology, partition } = subTopologyOf(topology, taskId);
  const state = taskPartition(topology.pipeline, taskId);
  const read = subTopology.sources
    .filter((source) => source.generator === undefined && partition < source.partitions)
    .map((source) => ({ topic: source.topic, partition }));
  return state === null ? read : [...read, state];
}
