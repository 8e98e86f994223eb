import type { Topology } from '@millrace/engine';
import type { KeeperUp, Up } from '@millrace/protocol';
import type { Worker } from '../fleet/worker.ts';
import { WorkerSlot } from '../fleet/worker-slot.ts';
import type { KeeperSession } from './keeper-session.ts';
import type { Keepers } from './keepers.ts';
import { KeptWorker } from './kept-worker.ts';

/** A machine that has not been heard of for this long is not shown any more. */
const forgottenMs = 5 * 60_000;

type Said<Type extends KeeperUp['type']> = Extract<KeeperUp, { type: Type }>;

/** Why a worker has ended by itself, what only the user can help with, and when it starts again. */
export type EndCause = Pick<Said<'ended'>, 'message' | 'failure' | 'startsInMs'>;

/** What a deployment hears of its workers. */
export interface CrewListener {
  said(slot: WorkerSlot, worker: Worker, message: Up): void;
  /** There is no process in the slot, or no way to speak with it. `cause` is null when it may well go on, or was told to end. */
  ended(slot: WorkerSlot, worker: Worker | null, cause: EndCause | null): void;
  /** Slots came or went. */
  changed(): void;
  /** Workers with these names have left the consumer group for now. */
  left(members: readonly string[]): Promise<void> | undefined;
}

interface Seat {
  readonly slot: WorkerSlot;
  readonly keeperId: string;
  /** What the worker is called in its consumer group. */
  member: string | null;
  worker: KeptWorker | null;
  /** Null while its keeper is connected. */
  lostAtMs: number | null;
}

/**
 * The workers of one deployment on Kafka: whatever keepers say they have of it. Keepers start them again; here is only known how they are.
 */
export class KeptCrew {
  readonly #pipelineId: string;
  readonly #keepers: Keepers;
  readonly #listener: CrewListener;
  /** By keeper and index. */
  readonly #seats = new Map<string, Seat>();

  constructor(pipelineId: string, keepers: Keepers, listener: CrewListener) {
    this.#pipelineId = pipelineId;
    this.#keepers = keepers;
    this.#listener = listener;
  }

  get slots(): readonly WorkerSlot[] {
    const longAgoMs = performance.now() - forgottenMs;
    for (const [key, { lostAtMs }] of this.#seats) {
      if (lostAtMs !== null && lostAtMs < longAgoMs) this.#seats.delete(key);
    }
    return [...this.#seats.values()].map(({ slot }) => slot);
  }

  /** Workers that may run although they should not: they have been told, or will be as soon as they are connected. */
  get unheard(): readonly string[] {
    if (this.#keepers.wants(this.#pipelineId)) return [];
    return this.slots.map(({ name }) => name);
  }

  /** Why there are no workers, as sentences; null when there are, or will be in a moment. */
  get whyNone(): string | null {
    return this.#seats.size === 0 ? this.#keepers.whyNone : null;
  }

  /** Those that run this topology on this state already go on; nobody starts anything yet. */
  want(topology: Topology, stateId: string): void {
    this.#keepers.want(this.#pipelineId, topology, stateId, false);
  }

  /** All keepers run it, from now on. */
  run(topology: Topology, stateId: string): void {
    this.#keepers.want(this.#pipelineId, topology, stateId, true);
  }

  /** Ends the workers, those that are connected; {@link KeptCrew.unheard} names the others, which end as soon as they are. */
  async halt(withinMs: number): Promise<void> {
    await this.#listener.left(await this.#keepers.halt(this.#pipelineId, withinMs));
  }

  /** Ends the workers of this machine. Others run on. */
  async haltLocal(withinMs: number): Promise<void> {
    await this.#listener.left(await this.#keepers.haltLocal(this.#pipelineId, withinMs));
  }

  /** A keeper has come, again or for the first time. @param hasRun whether what it has of the deployment is what should run */
  greeted(session: KeeperSession, hasRun: boolean): void {
    if (hasRun) return;
    this.#remove(session.keeperId);
  }

  started(session: KeeperSession, message: Said<'started'>): void {
    const seat = this.#seat(session, message.index, message.name);
    const worker = new KeptWorker(this.#pipelineId, message.pid, session);
    const isSame = seat.lostAtMs !== null && seat.worker?.pid === message.pid;
    if (!isSame) seat.slot.begin();
    seat.slot.take(worker);
    seat.member = message.member;
    seat.worker = worker;
    seat.lostAtMs = null;
    this.#listener.changed();
  }

  said(session: KeeperSession, { index, message }: Said<'said'>): void {
    const seat = this.#seats.get(keyOf(session, index));
    // Of a process that has ended, nothing is of interest but why.
    if (seat === undefined || seat.worker === null) return;
    if (message.type === 'hello') seat.worker.hasSaidHello = true;
    else this.#listener.said(seat.slot, seat.worker, message);
  }

  ended(session: KeeperSession, message: Said<'ended'>): void {
    const seat = this.#seat(session, message.index, message.name);
    const { worker } = seat;
    if (worker !== null) worker.isOver = true;
    seat.worker = null;
    seat.lostAtMs = null;
    seat.slot.gone();
    if (session.isLeaving) this.#seats.delete(keyOf(session, message.index));
    this.#listener.ended(seat.slot, worker, message);
    if (session.isLeaving && seat.member !== null) void this.#listener.left([seat.member]);
  }

  /** @returns what its workers are called in the consumer group */
  halted(session: KeeperSession): readonly string[] {
    return this.#remove(session.keeperId);
  }

  /** The connection has ended, and the keeper has not said that it leaves. */
  lost(session: KeeperSession): void {
    for (const [key, seat] of this.#seats) {
      if (seat.keeperId !== session.keeperId) continue;
      if (session.isLeaving) this.#seats.delete(key);
      const { slot, worker } = seat;
      seat.lostAtMs ??= performance.now();
      if (worker !== null) worker.isOver = true;
      if (!session.isLeaving)
        slot.lose(`${slot.name} is not connected. What it runs goes on; it is shown again when it is back.`);
      this.#listener.ended(slot, worker, null);
    }
  }

  #remove(keeperId: string): readonly string[] {
    const members: string[] = [];
    for (const [key, seat] of this.#seats) {
      if (seat.keeperId !== keeperId) continue;
      this.#seats.delete(key);
      if (seat.member !== null) members.push(seat.member);
      if (seat.worker === null) continue;
      seat.worker.isOver = true;
      this.#listener.ended(seat.slot, seat.worker, null);
    }
    this.#listener.changed();
    return members;
  }

  #seat(session: KeeperSession, index: number, name: string): Seat {
    const key = keyOf(session, index);
    const known = this.#seats.get(key);
    if (known !== undefined) return known;
    const names = new Set([...this.#seats.values()].map(({ slot }) => slot.name));
    let unique = name;
    for (let count = 2; names.has(unique); count++) unique = `${name} (${count})`;
    const seat: Seat = {
      slot: new WorkerSlot(unique),
      keeperId: session.keeperId,
      member: null,
      worker: null,
      lostAtMs: null,
    };
    this.#seats.set(key, seat);
    return seat;
  }
}

function keyOf({ keeperId }: KeeperSession, index: number): string {
  return `${keeperId}/${index}`;
}
