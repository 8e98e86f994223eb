import type { TaskId } from '@millrace/engine';

/** A task is the unit of sharing out: all partitions that it reads go together, so co-partitioned topics stay together. */
export interface SharedTask {
  readonly taskId: TaskId;
  readonly subTopology: number;
  readonly partition: number;
  /** Records in the changelogs of its stores: what a member without them has to replay. 0 for a task without stores. */
  readonly changelogRecords: number;
}

export interface GroupMember {
  readonly memberId: string;
  /** Its share of the work, relative to the others': above 0. */
  readonly capacity: number;
  /** Tasks that it runs now. No task is owned by two members. */
  readonly owned: readonly TaskId[];
  /** Of tasks whose stores it holds, running or not: how many changelog records its copy is behind. Absent for an owned task: 0. */
  readonly lags: ReadonlyMap<TaskId, number>;
}

export interface SharingOptions {
  /** Copies of each task with stores that are kept ready on other members. */
  readonly standbys: number;
  /** A copy that is at most this many changelog records behind counts as caught up. */
  readonly acceptableLag: number;
  /** Copies that may be warming up at a time, ahead of a move. */
  readonly maxWarmUps: number;
}

export interface MemberShare {
  readonly active: readonly TaskId[];
  /** Tasks of which it keeps a copy up to date: standbys, and those that are to move here once they are caught up. */
  readonly standby: readonly TaskId[];
}

export interface Sharing {
  readonly shares: ReadonlyMap<string, MemberShare>;
  /** Tasks stay elsewhere until their next owner has caught up: share out again later. */
  readonly isProvisional: boolean;
}

/**
 * Shares the tasks out among the members of a group: each to exactly one, the counts within one of each other (by capacity), the
 * partitions of a sub-topology spread. A task stays where it is unless balance asks otherwise. A task whose next owner lacks its state
 * stays with (or goes to) a member that has it, while the next owner warms up (as in KIP-441). The same input in any order gives the same
 * result.
 */
export function assignTasks(
  members: readonly GroupMember[],
  tasks: readonly SharedTask[],
  options: SharingOptions,
): Sharing {
  const sharers = [...members].sort((left, right) => compareText(left.memberId, right.memberId)).map(newSharer);
  const ordered = [...tasks].sort(byPlace);
  if (sharers.length === 0) return { shares: new Map(), isProvisional: false };
  const owners = ownersOf(sharers, ordered);
  const targets = balance(sharers, ordered, owners, options.acceptableLag);
  const isProvisional = placeActive(sharers, ordered, owners, targets, options);
  placeStandbys(sharers, ordered, options);
  return {
    shares: new Map(
      sharers.map(({ member, active, standby }) => [
        member.memberId,
        { active: active.sort(byPlace).map(({ taskId }) => taskId), standby: standby.sort(byPlace).map(idOf) },
      ]),
    ),
    isProvisional,
  };
}

/** A member while tasks are shared out. */
interface Sharer {
  readonly member: GroupMember;
  readonly owned: ReadonlySet<TaskId>;
  quota: number;
  /** How many tasks it will have when all is settled, in all and by sub-topology. */
  targets: number;
  readonly targetsBySubTopology: Map<number, number>;
  readonly active: SharedTask[];
  readonly standby: SharedTask[];
}

function newSharer(member: GroupMember): Sharer {
  return {
    member,
    owned: new Set(member.owned),
    quota: 0,
    targets: 0,
    targetsBySubTopology: new Map(),
    active: [],
    standby: [],
  };
}

function ownersOf(sharers: readonly Sharer[], tasks: readonly SharedTask[]): Map<TaskId, Sharer> {
  const known = new Set(tasks.map(idOf));
  const owners = new Map<TaskId, Sharer>();
  for (const sharer of sharers) {
    for (const taskId of sharer.member.owned) if (known.has(taskId) && !owners.has(taskId)) owners.set(taskId, sharer);
  }
  return owners;
}

/** Where each task belongs once everybody has caught up. */
function balance(
  sharers: readonly Sharer[],
  tasks: readonly SharedTask[],
  owners: ReadonlyMap<TaskId, Sharer>,
  acceptableLag: number,
): Map<TaskId, Sharer> {
  setQuotas(sharers, tasks.length, owners);
  const targets = new Map<TaskId, Sharer>();
  const settle = (task: SharedTask, sharer: Sharer): void => {
    targets.set(task.taskId, sharer);
    sharer.targets++;
    sharer.targetsBySubTopology.set(task.subTopology, targetsIn(sharer, task) + 1);
  };
  for (const sharer of sharers) {
    const own = tasks.filter((task) => owners.get(task.taskId) === sharer);
    const others = sharers.filter((other) => other !== sharer && countOwned(other, owners) < other.quota);
    for (const task of kept(own, sharer.quota, others, acceptableLag)) settle(task, sharer);
  }
  // Who has the state of a task gets it before others fill up with what they would have to restore all the same.
  const free = tasks.filter((task) => !targets.has(task.taskId));
  const withState = free.filter((task) => sharers.some((sharer) => sharer.member.lags.has(task.taskId)));
  for (const task of [...withState, ...free.filter((task) => !withState.includes(task))]) {
    const open = sharers.filter((sharer) => sharer.targets < sharer.quota);
    settle(
      task,
      best(open, (sharer) => [
        isCaughtUp(sharer, task, acceptableLag) ? 0 : 1,
        lagOf(sharer, task),
        targetsIn(sharer, task),
        sharer.targets / sharer.member.capacity,
      ]),
    );
  }
  return targets;
}

/** One task after another goes to whoever has the least for its capacity; among equals, to whoever owns the most already. */
function setQuotas(sharers: readonly Sharer[], tasks: number, owners: ReadonlyMap<TaskId, Sharer>): void {
  const owned = new Map(sharers.map((sharer) => [sharer, countOwned(sharer, owners)]));
  for (let index = 0; index < tasks; index++) {
    best(sharers, (sharer) => [(sharer.quota + 1) / sharer.member.capacity, -(owned.get(sharer) ?? 0)]).quota++;
  }
}

/**
 * Which of its own tasks a member keeps. Those leave first of which another member with room is a caught-up copy, then those of which one
 * has some copy, then those of the sub-topology of which the member has the most.
 */
function kept(
  own: readonly SharedTask[],
  quota: number,
  others: readonly Sharer[],
  acceptableLag: number,
): readonly SharedTask[] {
  const staying = [...own];
  while (staying.length > quota) {
    const counts = new Map<number, number>();
    for (const { subTopology } of staying) counts.set(subTopology, (counts.get(subTopology) ?? 0) + 1);
    const leaving = best(staying, (task) => [
      readiness(task, others, acceptableLag),
      -(counts.get(task.subTopology) ?? 0),
      task.subTopology,
      -task.partition,
    ]);
    staying.splice(staying.indexOf(leaving), 1);
  }
  return staying;
}

function readiness(task: SharedTask, others: readonly Sharer[], acceptableLag: number): number {
  if (others.some((other) => isCaughtUp(other, task, acceptableLag))) return 0;
  return others.some((other) => other.member.lags.has(task.taskId)) ? 1 : 2;
}

/** Gives each task to its target, or to whoever has its state while the target warms up. @returns whether any target has to */
function placeActive(
  sharers: readonly Sharer[],
  tasks: readonly SharedTask[],
  owners: ReadonlyMap<TaskId, Sharer>,
  targets: ReadonlyMap<TaskId, Sharer>,
  { acceptableLag, maxWarmUps }: SharingOptions,
): boolean {
  let warmUps = 0;
  let isProvisional = false;
  for (const task of tasks) {
    const target = targets.get(task.taskId) as Sharer;
    const ready = isCaughtUp(target, task, acceptableLag)
      ? []
      : sharers.filter((sharer) => isCaughtUp(sharer, task, acceptableLag));
    if (ready.length === 0) {
      target.active.push(task);
      continue;
    }
    const owner = owners.get(task.taskId);
    best(ready, (sharer) => [sharer === owner ? 0 : 1, lagOf(sharer, task), sharer.active.length]).active.push(task);
    isProvisional = true;
    if (warmUps++ < maxWarmUps) target.standby.push(task);
  }
  return isProvisional;
}

function placeStandbys(
  sharers: readonly Sharer[],
  tasks: readonly SharedTask[],
  { standbys, acceptableLag }: SharingOptions,
): void {
  for (const task of tasks) {
    if (task.changelogRecords === 0) continue;
    for (let copies = 0; copies < standbys; copies++) {
      const free = sharers.filter((sharer) => !sharer.active.includes(task) && !sharer.standby.includes(task));
      if (free.length === 0) break;
      best(free, (sharer) => [
        isCaughtUp(sharer, task, acceptableLag) ? 0 : 1,
        sharer.member.lags.has(task.taskId) ? 0 : 1,
        (sharer.standby.length + sharer.active.length) / sharer.member.capacity,
      ]).standby.push(task);
    }
  }
}

function countOwned(sharer: Sharer, owners: ReadonlyMap<TaskId, Sharer>): number {
  let count = 0;
  for (const taskId of sharer.owned) if (owners.get(taskId) === sharer) count++;
  return count;
}

function targetsIn(sharer: Sharer, task: SharedTask): number {
  return sharer.targetsBySubTopology.get(task.subTopology) ?? 0;
}

function lagOf(sharer: Sharer, task: SharedTask): number {
  return sharer.member.lags.get(task.taskId) ?? (sharer.owned.has(task.taskId) ? 0 : task.changelogRecords);
}

function isCaughtUp(sharer: Sharer, task: SharedTask, acceptableLag: number): boolean {
  return lagOf(sharer, task) <= acceptableLag;
}

function idOf(task: SharedTask): TaskId {
  return task.taskId;
}

function byPlace(left: SharedTask, right: SharedTask): number {
  return left.subTopology - right.subTopology || left.partition - right.partition;
}

function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

/** The item with the least rank, compared number by number; the first among equals. */
function best<T>(items: readonly T[], rank: (item: T) => readonly number[]): T {
  let found = items[0] as T;
  let least = rank(found);
  for (const item of items.slice(1)) {
    const candidate = rank(item);
    if (isBefore(candidate, least)) {
      found = item;
      least = candidate;
    }
  }
  return found;
}

function isBefore(left: readonly number[], right: readonly number[]): boolean {
  for (let index = 0; index < left.length; index++) {
    const difference = (left[index] as number) - (right[index] as number);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
