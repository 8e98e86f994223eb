import { randomBytes } from 'node:crypto';
import { assertEpoch, LogError, type TaskId } from '@millrace/engine';
import { Writer } from './codec/writer.ts';
import { GenerationGate } from './group/generation-gate.ts';
import { GroupClient } from './group/group-client.ts';
import type { ClaimedTask, CommittingMember, GroupIdentity } from './group/group-identity.ts';
import { errorCodes, KafkaError } from './kafka-error.ts';
import { asLogError, withRetries } from './retries.ts';
import type { RpcTransport } from './transport/rpc-transport.ts';

const sessionTimeoutMs = 30_000;
const rebalanceTimeoutMs = 10_000;
const heartbeatMs = 3_000;
const joinMs = 60_000;
const protocol = 'millrace';
/** Whoever joins under this name takes the place of who had it before, who is shut out at once. */
const groupInstanceId = 'millrace-owner';

/**
 * The one that owns all tasks of a pipeline without sharing: for a server that takes tasks over, and for tests. Each time it takes tasks
 * over, it raises the group's generation, which is their epoch; tasks that it took before keep theirs.
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
      groupInstanceId,
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
      // In somebody's place first, if somebody has it: that does not raise the generation. Then anew, with news, which does.
      const memberId = this.#identity?.memberId ?? (await this.#join('')).memberId;
      let joined: GroupIdentity;
      try {
        joined = await this.#join(memberId);
      } catch (error) {
        if (!(error instanceof LogError) || error.code !== 'fenced') throw error;
        joined = await this.#join((await this.#join('')).memberId);
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

  async #join(memberId: string): Promise<GroupIdentity> {
    return withRetries(
      async () => {
        const joined = await this.#client.join(memberId, protocol, subscription());
        const identity = { generation: joined.generation, memberId: joined.memberId, groupInstanceId };
        const assignments = joined.members.map((member) => ({ memberId: member.memberId, assignment: noAssignment }));
        await this.#client.sync(identity, joined.leader === joined.memberId ? assignments : []);
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
      if (error instanceof KafkaError && error.code === errorCodes.rebalanceInProgress) await this.#rejoin(identity);
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

/** A consumer's subscription (version 0) to nothing, with news in its user data: a member that comes with news raises the generation. */
function subscription(): Uint8Array {
  return new Writer().int16(0).int32(0).bytes(randomBytes(8)).finish();
}

/** A consumer's assignment (version 0) of nothing. */
const noAssignment = new Writer().int16(0).int32(0).bytes(null).finish();

function ignore(): void {
  // It is forgotten when its session ends.
}
