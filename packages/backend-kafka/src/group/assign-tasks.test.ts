import { describe, expect, it } from 'vitest';
import { assignTasks, type GroupMember, type SharedTask, type Sharing, type SharingOptions } from './assign-tasks.ts';

const options: SharingOptions = { standbys: 0, acceptableLag: 100, maxWarmUps: 2 };

function tasksOf(subTopologies: readonly number[], changelogRecords = 0): SharedTask[] {
  return subTopologies.flatMap((partitions, subTopology) =>
    Array.from({ length: partitions }, (_, partition) => ({
      taskId: `${subTopology}_${partition}`,
      subTopology,
      partition,
      changelogRecords,
    })),
  );
}

function member(memberId: string, more: Partial<GroupMember> = {}): GroupMember {
  return { memberId, capacity: 1, owned: [], lags: new Map(), ...more };
}

function active(sharing: Sharing, memberId: string): readonly string[] {
  return sharing.shares.get(memberId)?.active ?? [];
}

function standby(sharing: Sharing, memberId: string): readonly string[] {
  return sharing.shares.get(memberId)?.standby ?? [];
}

describe('sharing out tasks', () => {
  it('gives a member that is alone everything', () => {
    const sharing = assignTasks([member('a')], tasksOf([2, 1]), options);
    expect(active(sharing, 'a')).toEqual(['0_0', '0_1', '1_0']);
    expect(sharing.isProvisional).toBe(false);
  });

  it('spreads the partitions of each sub-topology', () => {
    const sharing = assignTasks([member('a'), member('b')], tasksOf([4, 4]), options);
    for (const id of ['a', 'b'])
      for (const subTopology of ['0_', '1_'])
        expect(active(sharing, id).filter((task) => task.startsWith(subTopology))).toHaveLength(2);
  });

  it('moves only what balance asks for when a member comes', () => {
    const sharing = assignTasks(
      [member('a', { owned: ['0_0', '0_1', '0_2', '0_3'] }), member('b')],
      tasksOf([4]),
      options,
    );
    expect(active(sharing, 'a')).toEqual(['0_0', '0_1']);
    expect(active(sharing, 'b')).toEqual(['0_2', '0_3']);
  });

  it('gives more to a member of more capacity', () => {
    const sharing = assignTasks([member('a', { capacity: 3 }), member('b')], tasksOf([8]), options);
    expect(active(sharing, 'a')).toHaveLength(6);
    expect(active(sharing, 'b')).toHaveLength(2);
  });

  it('leaves a task with its owner while the next owner warms up', () => {
    const tasks = tasksOf([2], 10_000);
    const owned = member('a', { owned: ['0_0', '0_1'] });
    const before = assignTasks([owned, member('b')], tasks, options);
    expect(active(before, 'a')).toEqual(['0_0', '0_1']);
    expect(standby(before, 'b')).toEqual(['0_1']);
    expect(before.isProvisional).toBe(true);

    const after = assignTasks([owned, member('b', { lags: new Map([['0_1', 100]]) })], tasks, options);
    expect(active(after, 'b')).toEqual(['0_1']);
    expect(after.isProvisional).toBe(false);
  });

  it('gives the tasks of a member that is gone to those that have a copy', () => {
    const tasks = tasksOf([2], 10_000);
    const members = [member('a', { lags: new Map([['0_1', 5]]) }), member('b', { lags: new Map([['0_0', 9]]) })];
    const sharing = assignTasks(members, tasks, options);
    expect(active(sharing, 'a')).toEqual(['0_1']);
    expect(active(sharing, 'b')).toEqual(['0_0']);
  });

  it('lets a full member that has the state run the task until the one with room is ready', () => {
    const tasks = tasksOf([2], 10_000);
    const members = [member('a', { owned: ['0_0'], lags: new Map([['0_1', 5]]) }), member('b')];
    const sharing = assignTasks(members, tasks, options);
    expect(active(sharing, 'a')).toEqual(['0_0', '0_1']);
    expect(standby(sharing, 'b')).toEqual(['0_1']);
  });

  it('warms up no more copies at a time than allowed', () => {
    const tasks = tasksOf([10], 10_000);
    const sharing = assignTasks(
      [member('a', { owned: tasks.map(({ taskId }) => taskId) }), member('b')],
      tasks,
      options,
    );
    expect(standby(sharing, 'b')).toHaveLength(2);
    expect(active(sharing, 'a')).toHaveLength(10);
  });

  it('keeps standbys on other members than the task itself, and where they are', () => {
    const tasks = tasksOf([3], 10);
    const first = assignTasks([member('a'), member('b'), member('c')], tasks, { ...options, standbys: 1 });
    for (const { taskId } of tasks) {
      const copies = ['a', 'b', 'c'].filter((id) => standby(first, id).includes(taskId));
      expect(copies).toHaveLength(1);
      expect(active(first, copies[0] as string)).not.toContain(taskId);
    }
    const again = assignTasks(
      ['a', 'b', 'c'].map((id) =>
        member(id, { owned: active(first, id), lags: new Map(standby(first, id).map((taskId) => [taskId, 1])) }),
      ),
      tasks,
      { ...options, standbys: 1 },
    );
    expect([...again.shares]).toEqual([...first.shares]);
  });

  it('gives nothing to nobody', () => {
    expect(assignTasks([], tasksOf([3]), options).shares.size).toBe(0);
  });
});

describe('whatever the group looks like', () => {
  const runs = 300;
  const seed = Number(process.env.MILLRACE_SEED ?? 1);

  /** Runs the property for many groups; a failure names the seed with which it fails alone. */
  function forGroups(property: (random: (below: number) => number) => void): void {
    for (let run = 0; run < runs; run++) {
      try {
        property(randomBelow(seed + run));
      } catch (error) {
        throw new Error(`MILLRACE_SEED=${seed + run} (first run)`, { cause: error });
      }
    }
  }

  function randomTasks(random: (below: number) => number): SharedTask[] {
    return tasksOf(
      Array.from({ length: 1 + random(4) }, () => 1 + random(12)),
      0,
    ).map((task) => ({ ...task, changelogRecords: task.subTopology % 2 === 0 ? 0 : random(400) }));
  }

  function names(count: number): string[] {
    return Array.from({ length: count }, (_, index) => `m${index}`);
  }

  /** Shares out again and again, all copies caught up, until nothing is provisional. */
  function settle(ids: readonly string[], tasks: readonly SharedTask[], standbys: number, from?: Sharing): Sharing {
    let sharing = from;
    for (let round = 0; round < 100; round++) {
      const members = ids.map((id) =>
        member(id, {
          owned: sharing === undefined ? [] : active(sharing, id),
          lags: new Map(sharing === undefined ? [] : standby(sharing, id).map((taskId) => [taskId, 0])),
        }),
      );
      sharing = assignTasks(members, tasks, { ...options, standbys });
      if (!sharing.isProvisional) return sharing;
    }
    throw new Error('the group does not settle');
  }

  function moved(ids: readonly string[], before: Sharing, after: Sharing): number {
    return ids.flatMap((id) => active(after, id).filter((taskId) => !active(before, id).includes(taskId))).length;
  }

  it('every task has exactly one owner, and the counts are within one of each other', () => {
    forGroups((random) => {
      const tasks = randomTasks(random);
      const ids = names(1 + random(7));
      const sharing = settle(ids, tasks, random(3));
      expect(ids.flatMap((id) => active(sharing, id)).sort()).toEqual(tasks.map(({ taskId }) => taskId).sort());
      const counts = ids.map((id) => active(sharing, id).length);
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
    });
  });

  it('every task has one owner in a group in disorder, too', () => {
    forGroups((random) => {
      const tasks = randomTasks(random);
      const members = names(1 + random(7)).map((id) => ({
        id,
        owned: [] as string[],
        lags: new Map<string, number>(),
      }));
      for (const { taskId } of tasks) {
        if (random(3) > 0) members[random(members.length)]?.owned.push(taskId);
        for (const { lags } of members) if (random(4) === 0) lags.set(taskId, random(300));
      }
      const group = members.map(({ id, owned, lags }) => member(id, { owned, lags, capacity: 1 + random(3) }));
      const sharing = assignTasks(group, tasks, { ...options, standbys: random(3) });
      const all = [...sharing.shares.values()];
      expect(all.flatMap((share) => share.active).sort()).toEqual(tasks.map(({ taskId }) => taskId).sort());
      for (const share of all)
        expect(new Set([...share.active, ...share.standby]).size).toBe(share.active.length + share.standby.length);
    });
  });

  it('nothing moves when nothing changes', () => {
    forGroups((random) => {
      const tasks = randomTasks(random);
      const ids = names(1 + random(7));
      const standbys = random(3);
      const before = settle(ids, tasks, standbys);
      const after = settle(ids, tasks, standbys, before);
      expect([...after.shares]).toEqual([...before.shares]);
    });
  });

  it('only as many tasks move to a new member as it gets', () => {
    forGroups((random) => {
      const tasks = randomTasks(random);
      const ids = names(2 + random(6));
      const old = ids.slice(1);
      const before = settle(old, tasks, 0);
      const after = settle(ids, tasks, 0, before);
      expect(moved(ids, before, after)).toBe(active(after, ids[0] as string).length);
    });
  });

  it('only the tasks of a member that goes move', () => {
    forGroups((random) => {
      const tasks = randomTasks(random);
      const ids = names(2 + random(6));
      const standbys = random(3);
      const before = settle(ids, tasks, standbys);
      const left = ids
        .slice(1)
        .map((id) =>
          member(id, { owned: active(before, id), lags: new Map(standby(before, id).map((taskId) => [taskId, 0])) }),
        );
      const after = assignTasks(left, tasks, { ...options, standbys });
      for (const { memberId, owned } of left)
        expect(active(after, memberId)).toEqual(expect.arrayContaining([...owned]));
    });
  });

  it('the order in which members and tasks are listed changes nothing', () => {
    forGroups((random) => {
      const tasks = randomTasks(random);
      const members = names(1 + random(7)).map((id) => member(id));
      const forwards = assignTasks(members, tasks, { ...options, standbys: 1 });
      const backwards = assignTasks([...members].reverse(), [...tasks].reverse(), { ...options, standbys: 1 });
      expect([...backwards.shares]).toEqual([...forwards.shares]);
    });
  });
});

/** Mulberry32. */
function randomBelow(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}
