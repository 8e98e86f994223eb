import type { TaskId } from '@millrace/engine';

/** Who a member of a consumer group is, as the broker checks it with every transactional offset commit (KIP-447). */
export interface GroupIdentity {
  readonly generation: number;
  readonly memberId: string;
  readonly groupInstanceId: string | null;
}

/**
 * The fixed name of a member that takes all tasks over, without sharing them: while it is in the group, nobody else gets any. Whoever joins
 * under it takes the place of who had it before.
 */
export const ownerInstanceId = 'millrace-owner';

/** A task and the epoch under which it wants to commit. */
export interface ClaimedTask {
  readonly taskId: TaskId;
  readonly epoch: number;
}

/** The membership under which a log commits: who this member is, and which tasks it owns at the moment. */
export interface CommittingMember {
  /**
   * Runs a whole commit, from the first request of its transaction to the last, while the generation stands still: a rebalance waits for
   * it, and it waits for one that is under way. A task keeps its epoch (the generation in which it was given to this member) for as long as
   * it stays here, so `identity.generation` may be greater than the tasks' epochs.
   * @throws LogError `fenced` when this member does not own one of the tasks under that epoch any more
   */
  whileMember<T>(tasks: readonly ClaimedTask[], work: (identity: GroupIdentity) => Promise<T>): Promise<T>;
}
