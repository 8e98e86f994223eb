import { randomBytes } from 'node:crypto';
import { assertEpoch, LogError, type TaskId } from '@millrace/engine';
import type { DescribedGroup } from './codec/requests/describe-groups.ts';
import { Writer } from './codec/writer.ts';
import { GenerationGate } from './group/generation-gate.ts';
import { GroupClient } from './group/group-client.ts';
import {
  type ClaimedTask,
  type CommittingMember,
  type GroupIdentity,
  ownerInstanceId,
} from './group/group-identity.ts';
import { errorCodes, KafkaError } from './kafka-error.ts';
import { asLogError, withRetries } from './retries.ts';
import type { RpcTransport } from './transport/rpc-transport.ts';

const sessionTimeoutMs = 30_000;
const rebalanceTimeoutMs = 10_000;
const heartbeatMs = 3_000;
const joinMs = 60_000;
const protocol = 'millrace';

/**
 * The one that owns all tasks of a pipeline without sharing: for a server that takes tasks over, and for tests. Each time it takes tasks
 * over, it raises the group's generation, which is their epoch; tasks that it took before keep theirs. Workers that share the tasks are made
 * to leave the group, so that the broker refuses whatever they would still commit.
 */
export class FencingMember implements CommittingMember {
  readonly #application: string;
  readonly #client: GroupClient;
  readonly #gate = new GenerationGate();
  readonly #epochs = new Map<TaskId, number>();
  #identity: GroupIdentity | null = null;
  #heartbeat: NodeJS.Timeout | null = null;

  constructor(application: string, transport: RpcTransport) {
    this.#application = application;
    this.#client = new GroupClient({
      transport,
      group: application,
      groupInstanceId: ownerInstanceId,
      sessionTimeoutMs,
      rebalanceTimeoutMs,
    });
  }

  async whileMember<T>(tasks: readonly ClaimedTask[], work: (identity: GroupIdentity) => Promise<T>): Promise<T> {
    return this.#gate.pass(async () => {
      for (const { taskId, epoch } of tasks) {
        assertEpoch(this.#application, taskId, epoch, this.#epochs.get(taskId) ?? 0);
      }
      if (this.#identity === null) {
        throw new LogError(
          'fenced',
          `Another process has taken over the tasks of ${this.#application}. Stop them here.`,
        );
      }
      return work(this.#identity);
    });
  }

  /** Takes the tasks over; gives their epochs. */
  async take(taskIds: readonly TaskId[]): Promise<readonly number[]> {
    await this.#gate.close();
    try {
      const memberId = this.#identity?.memberId ?? (await this.#enter());
      let joined: GroupIdentity;
      try {
        joined = await this.#join(memberId);
      } catch (error) {
        if (!(error instanceof LogError) || error.code !== 'fenced') throw error;
        joined = await this.#join(await this.#enter());
      }
      this.#identity = joined;
      this.#beat();
      for (const taskId of taskIds) this.#epochs.set(taskId, joined.generation);
      return taskIds.map(() => joined.generation);
    } finally {
      this.#gate.open();
    }
  }

  async close(): Promise<void> {
    if (this.#heartbeat !== null) clearTimeout(this.#heartbeat);
    this.#heartbeat = null;
    const identity = this.#identity;
    this.#identity = null;
    if (identity !== null) await this.#client.leave(identity.memberId).catch(ignore);
  }

  /**
   * Joins in somebody's place, if somebody has it: that does not raise the generation, so the caller joins once more, with news, which
   * does. The others leave before, lest the join wait for one that does not answer; and after, since one may have come back meanwhile, and
   * been given tasks. From then on they are given none.
   */
  async #enter(): Promise<string> {
    await this.#removeOthers((group) => group.protocol === protocol);
    const { memberId } = await this.#join('');
    await this.#removeOthers(() => true);
    return memberId;
  }

  /** @param isOurs a group that is not is left as it is: joining it fails, and says why */
  async #removeOthers(isOurs: (group: DescribedGroup) => boolean): Promise<void> {
    await withRetries(
      async () => {
        const group = await this.#client.describe();
        const others = group.members.filter(({ groupInstanceId }) => groupInstanceId !== ownerInstanceId);
        if (others.length === 0 || !isOurs(group)) return;
        // Of a fixed name, whoever has it now.
        await this.#client.remove(
          others.map(({ memberId, groupInstanceId }) => ({
            memberId: groupInstanceId === null ? memberId : '',
            groupInstanceId,
          })),
        );
      },
      { forMs: joinMs },
    );
  }

  async #join(memberId: string): Promise<GroupIdentity> {
    let ownId = memberId;
    return withRetries(
      async () => {
        const joined = await this.#client.join(ownId, protocol, subscription());
        ownId = joined.memberId;
        const identity = { generation: joined.generation, memberId: joined.memberId, groupInstanceId: ownerInstanceId };
        const assignments = joined.members.map((member) => ({ memberId: member.memberId, assignment: noAssignment }));
        await this.#client
          .sync(identity, joined.leader === joined.memberId ? assignments : [])
          .catch((error: unknown) => {
            throw isSharedAnew(error) ? new LogError('io', error.message, { retriable: true, cause: error }) : error;
          });
        return identity;
      },
      { forMs: joinMs },
    ).catch((error: unknown) => {
      throw asLogError(error);
    });
  }

  #beat(): void {
    if (this.#heartbeat !== null) clearTimeout(this.#heartbeat);
    this.#heartbeat = setTimeout(() => void this.#beatOnce(), heartbeatMs);
    this.#heartbeat.unref();
  }

  async #beatOnce(): Promise<void> {
    const identity = this.#identity;
    if (identity === null) return;
    try {
      await this.#client.heartbeat(identity);
    } catch (error) {
      if (this.#identity !== identity) return;
      if (isSharedAnew(error)) await this.#rejoin(identity);
      else if (error instanceof KafkaError && error.kind === 'fenced') this.#identity = null;
    }
    if (this.#identity !== null) this.#beat();
  }

  /** Somebody came or went; the tasks stay here. */
  async #rejoin({ memberId }: GroupIdentity): Promise<void> {
    await this.#gate.close();
    try {
      if (this.#identity?.memberId === memberId) this.#identity = await this.#join(memberId);
    } catch {
      this.#identity = null;
    } finally {
      this.#gate.open();
    }
  }
}

/** Somebody joined between our joining and what follows it: everybody joins again. */
function isSharedAnew(error: unknown): error is KafkaError {
  return error instanceof KafkaError && error.code === errorCodes.rebalanceInProgress;
}

/** A consumer's subscription (version 0) to nothing, with news in its user data: a member that comes with news raises the generation. */
function subscription(): Uint8Array {
  return new Writer().int16(0).int32(0).bytes(randomBytes(8)).finish();
}

/** A consumer's assignment (version 0) of nothing. */
const noAssignment = new Writer().int16(0).int32(0).bytes(null).finish();

function ignore(): void {
  // It is forgotten when its session ends.
}
