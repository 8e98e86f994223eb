import { LogError } from '@millrace/engine';
import type { JoinedMember } from '../codec/requests/join-group.ts';
import { errorCodes, isRetriable, KafkaError } from '../kafka-error.ts';
import { GenerationGate } from './generation-gate.ts';
import { GroupClient, type GroupClientOptions } from './group-client.ts';
import type { GroupIdentity } from './group-identity.ts';

export interface MembershipOptions extends GroupClientOptions {
  /** The assignor's name; all members of a group have the same. */
  readonly protocol: string;
  readonly heartbeatIntervalMs: number;
  readonly member: Member;
}

/** What the members of a group say to each other, and what they do with what they are given. */
export interface Member {
  /** What this member says of itself, made anew for every join. */
  metadata(): Promise<Uint8Array>;
  /** As the leader: what everybody gets. */
  share(members: readonly JoinedMember[]): Promise<ReadonlyMap<string, Uint8Array>>;
  /** Takes what this member is given. It stays in the group meanwhile, however long that takes. Says whether to join again at once. */
  given(generation: number, assignment: Uint8Array): Promise<'stay' | 'join-again'>;
  /** The group has gone on without this member. May come while `given` has not settled. */
  lost(): Promise<void>;
  /** The member has left for good, because of this. */
  failed(error: unknown): void;
}

/** What a membership is doing. `stable`: in the group, with nothing to do but to say so from time to time. */
export type MembershipState = 'outside' | 'joining' | 'syncing' | 'taking' | 'stable' | 'left' | 'failed';

const leastBackOffMs = 100;
const greatestBackOffMs = 5_000;

/**
 * One member of a consumer group of the classic protocol: joins, syncs, sends heartbeats, and joins again whenever the group shares out
 * anew. Heartbeats go on while the member takes what it was given. A member that the broker has not heard for the session's length, or that
 * the broker does not know any more, is lost and joins as a new one.
 */
export class Membership {
  readonly #options: MembershipOptions;
  readonly #client: GroupClient;
  readonly #gate = new GenerationGate();
  #state: MembershipState = 'outside';
  #memberId = '';
  #identity: GroupIdentity | null = null;
  /** When the broker is known to have heard of this member last: the time at which the answered request was sent. */
  #heardMs = 0;
  #mustRejoin = false;
  #losing: Promise<void> | null = null;
  /** Ends the wait or pause that the loop is in. */
  #wake: () => void = () => undefined;
  #isLeaving = false;
  #running: Promise<void> | null = null;
  #heartbeats: ReturnType<typeof setTimeout> | null = null;

  constructor(options: MembershipOptions) {
    this.#options = options;
    this.#client = new GroupClient(options);
  }

  get state(): MembershipState {
    return this.#state;
  }

  get identity(): GroupIdentity | null {
    return this.#identity;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Runs a commit while the generation stands still. `identity` is null when this is no member. */
  whileGeneration<T>(commit: (identity: GroupIdentity | null) => Promise<T>): Promise<T> {
    return this.#gate.pass(() => commit(this.#identity));
  }

  /** Asks the group to share out anew. */
  rejoin(): void {
    this.#mustRejoin = true;
    this.#wake();
  }

  /** Gives up what this member has, and joins as a new one. */
  forfeit(): void {
    if (this.#identity === null) return;
    const { memberId } = this.#identity;
    void this.#lose();
    void this.#leave(memberId);
  }

  /** Leaves the group: the others share out what it had at once, but for a static member, whose place is kept for a session's length. */
  async close(): Promise<void> {
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    const identity = this.#identity;
    this.#dropIdentity();
    this.#wake();
    if (identity !== null) await this.#leave(identity.memberId);
    if (this.#state !== 'failed') this.#state = 'left';
  }

  async #run(): Promise<void> {
    let attempts = 0;
    while (!this.#isLeaving) {
      try {
        await this.#takePart();
        attempts = 0;
      } catch (error) {
        if (this.#isLeaving) return;
        if (this.#isLost(error)) await this.#lose();
        else if (hasCode(error, errorCodes.rebalanceInProgress)) this.#mustRejoin = true;
        else if (!isRetriable(error)) return this.#fail(error);
        else if (this.#isSessionOver) await this.#lose();
        await this.#pause(Math.min(greatestBackOffMs, leastBackOffMs * 2 ** attempts++));
      } finally {
        this.#gate.open();
      }
    }
  }

  /** Joins, takes what it is given, and stays until there is a reason to join again. */
  async #takePart(): Promise<void> {
    await this.#losing;
    const assignment = await this.#join();
    const identity = this.#identity;
    // Lost while it waited for its assignment.
    if (identity === null) return;
    this.#state = 'taking';
    const next = await this.#options.member.given(identity.generation, assignment);
    if (next === 'join-again') return;
    this.#state = 'stable';
    while (!this.#mustRejoin && this.#identity !== null && !this.#isLeaving) await this.#woken();
  }

  async #join(): Promise<Uint8Array> {
    const { member, protocol, groupInstanceId } = this.#options;
    this.#state = 'joining';
    await this.#gate.close();
    const metadata = await member.metadata();
    // Losing what it had meanwhile makes what it was about to say untrue.
    if (this.#losing !== null) throw new KafkaError(errorCodes.rebalanceInProgress, 'join the group');
    this.#mustRejoin = false;
    this.#stopHeartbeats();
    const joined = await this.#client.join(this.#memberId, protocol, metadata);
    this.#memberId = joined.memberId;
    if (this.#isLeaving) {
      await this.#leave(joined.memberId);
      throw new LogError('closed', 'The member has left its group.');
    }
    const identity = { generation: joined.generation, memberId: joined.memberId, groupInstanceId };
    this.#identity = identity;
    this.#heardMs = performance.now();
    this.#gate.open();
    this.#state = 'syncing';
    this.#scheduleHeartbeat();
    const shares = joined.leader === joined.memberId ? await member.share(joined.members) : new Map();
    return this.#client.sync(
      identity,
      [...shares].map(([memberId, assignment]) => ({ memberId, assignment })),
    );
  }

  #scheduleHeartbeat(): void {
    this.#stopHeartbeats();
    this.#heartbeats = setTimeout(() => void this.#heartbeat(), this.#options.heartbeatIntervalMs);
  }

  #stopHeartbeats(): void {
    if (this.#heartbeats !== null) clearTimeout(this.#heartbeats);
    this.#heartbeats = null;
  }

  /** One heartbeat, then the next is due. What is answered to an earlier identity than the present one says nothing any more. */
  async #heartbeat(): Promise<void> {
    const identity = this.#identity;
    const beat = this.#heartbeats;
    if (identity === null) return;
    const isCurrent = (): boolean => this.#identity === identity && this.#heartbeats === beat;
    const sentMs = performance.now();
    // This process may have stood still for longer than the session: then others have the tasks, whatever is answered now.
    if (this.#isSessionOver) return void this.#lose();
    try {
      await this.#client.heartbeat(identity);
      this.#heardMs = sentMs;
    } catch (error) {
      if (!isCurrent()) return;
      if (hasCode(error, errorCodes.rebalanceInProgress)) {
        this.#heardMs = sentMs;
        this.rejoin();
      } else if (this.#isLost(error) || this.#isSessionOver) {
        return void this.#lose();
      } else if (!isRetriable(error)) {
        return this.#fail(error);
      }
    }
    if (isCurrent()) this.#scheduleHeartbeat();
  }

  get #isSessionOver(): boolean {
    return this.#identity !== null && performance.now() - this.#heardMs > this.#options.sessionTimeoutMs;
  }

  #isLost(error: unknown): boolean {
    return hasCode(error, errorCodes.unknownMemberId) || hasCode(error, errorCodes.illegalGeneration);
  }

  /** Nothing of what this member had is its own any more. */
  async #lose(): Promise<void> {
    this.#memberId = '';
    if (this.#identity === null) return;
    this.#dropIdentity();
    this.#losing ??= this.#options.member.lost().finally(() => {
      this.#losing = null;
    });
    this.#wake();
    await this.#losing;
  }

  /** Commits that wait for a join go on, and find that this is no member any more. */
  #dropIdentity(): void {
    this.#identity = null;
    this.#stopHeartbeats();
    this.#gate.open();
  }

  #fail(error: unknown): void {
    this.#isLeaving = true;
    this.#state = 'failed';
    this.#dropIdentity();
    this.#wake();
    this.#options.member.failed(error);
  }

  /** Best effort: a broker that does not hear of it ends the session by itself. */
  async #leave(memberId: string): Promise<void> {
    if (this.#options.groupInstanceId !== null) return;
    await this.#client.leave(memberId).catch(() => undefined);
  }

  async #pause(ms: number): Promise<void> {
    const timer = setTimeout(() => this.#wake(), ms);
    await this.#woken();
    clearTimeout(timer);
  }

  #woken(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

function hasCode(error: unknown, code: number): boolean {
  return error instanceof KafkaError && error.code === code;
}
