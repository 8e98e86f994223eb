import { createHash } from 'node:crypto';
import { type Topology, topologySchema } from '@millrace/engine';
import type { KeeperUp } from '@millrace/protocol';
import type { Patience } from '../fleet/patience.ts';
import type { Logger } from '../logger.ts';
import { KeeperListener } from './keeper-listener.ts';
import { KeeperSession, type SessionListener } from './keeper-session.ts';
import { type CrewListener, KeptCrew } from './kept-crew.ts';
import { LocalKeeper, type LocalKeeperParts } from './local-keeper.ts';
import type { WorkerListen } from './worker-listen.ts';

/** A keeper has this long, beyond what its workers have, to say that they have stopped. */
const answerWithinMs = 3_000;

export interface KeepersParts {
  /** Null where no workers run on this machine. */
  readonly local: Omit<LocalKeeperParts, 'logger' | 'patience'> | null;
  /** Null where no other machine may send workers. */
  readonly listen: WorkerListen | null;
  readonly logger: Logger;
  readonly patience: Patience;
}

/** What should run of a deployment. */
interface Wanted {
  readonly runId: string;
  readonly stateId: string;
  readonly topology: Topology;
  /** Whether workers may be started; those that run already go on in any case. */
  readonly isReady: boolean;
}

interface Waiting {
  readonly session: KeeperSession;
  /** @param members what those were called in the consumer group that have stopped */
  readonly settle: (members: readonly string[]) => void;
}

/**
 * All keepers that are connected: the one of this machine, which runs on when the server is killed, and those that `millrace worker` runs on
 * others. They are told what should run, and say how it goes.
 */
export class Keepers {
  readonly #parts: KeepersParts;
  readonly #local: LocalKeeper | null;
  readonly #sessions = new Set<KeeperSession>();
  readonly #crews = new Map<string, KeptCrew>();
  readonly #wanted = new Map<string, Wanted>();
  /** By pipeline: those who wait for a keeper to halt it. */
  readonly #halts = new Map<string, Waiting[]>();
  #listeners: KeeperListener[] = [];
  #closing: Promise<void> | null = null;
  /** The workers of this machine end, and are not started any more. */
  #localEnds = false;

  constructor(parts: KeepersParts) {
    this.#parts = parts;
    this.#local = parts.local === null ? null : new LocalKeeper({ ...parts, ...parts.local });
  }

  /** Where other machines' workers connect to; null when they may not. */
  get address(): string | null {
    return this.#listeners.find((listener) => listener !== this.#local?.listener)?.address ?? null;
  }

  /** Takes keepers from now on. All that should go on must be wanted before. @throws PortInUseError */
  async open(): Promise<void> {
    const { listen, logger } = this.#parts;
    if (listen !== null) {
      const listener = await KeeperListener.listen({
        ...listen,
        isGuessable: true,
        logger,
        joined: (socket) => this.#add(new KeeperSession(socket, false, this.#sessionListener())),
      });
      this.#listeners.push(listener);
      logger.info({ address: listener.address }, 'workers of other machines may connect');
    }
    if (this.#local === null) return;
    const listener = await this.#local.open((socket) =>
      this.#add(new KeeperSession(socket, true, this.#sessionListener())),
    );
    this.#listeners.push(listener);
  }

  /** Ends the keeper of this machine with its workers. Those of other machines run on, and look for the next server. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#local?.end();
    for (const session of this.#sessions) session.close();
    await Promise.all(this.#listeners.map((listener) => listener.close()));
  }

  /** The server ends without order: its own workers must not stay behind. They end by themselves. */
  abandon(): void {
    this.#local?.abandon();
  }

  crew(pipelineId: string, listener: CrewListener): KeptCrew {
    const crew = new KeptCrew(pipelineId, this, listener);
    this.#crews.set(pipelineId, crew);
    return crew;
  }

  wants(pipelineId: string): boolean {
    return this.#wanted.has(pipelineId);
  }

  get whyNone(): string | null {
    if (this.#local !== null) return this.#local.trouble;
    if ([...this.#sessions].some(({ keeperId }) => keeperId !== '')) return null;
    return `No worker is connected. Start one on another machine: npx millrace worker --server ${this.address ?? 'wss://HOST:PORT'}`;
  }

  /** @param isReady whether those that do not run it yet are to start */
  want(pipelineId: string, topology: Topology, stateId: string, isReady: boolean): void {
    // As workers read it: what was planned just now and what was kept are the same then.
    const plain = topologySchema.parse(JSON.parse(JSON.stringify(topology)));
    const runId = createHash('sha256')
      .update(JSON.stringify([stateId, plain]))
      .digest('base64url')
      .slice(0, 22);
    this.#wanted.set(pipelineId, { runId, stateId, topology: plain, isReady });
    for (const session of this.#sessions) this.#tell(session, pipelineId);
  }

  /** Ends the workers of the deployment on all machines. @returns what those are called in the consumer group that have stopped */
  async halt(pipelineId: string, withinMs: number): Promise<readonly string[]> {
    this.#wanted.delete(pipelineId);
    return this.#halt(pipelineId, withinMs, [...this.#sessions]);
  }

  /** The same on this machine alone, before its keeper ends. */
  async haltLocal(pipelineId: string, withinMs: number): Promise<readonly string[]> {
    this.#localEnds = true;
    const local = [...this.#sessions].filter(({ isLocal }) => isLocal);
    return this.#halt(pipelineId, withinMs, local);
  }

  async #halt(pipelineId: string, withinMs: number, sessions: readonly KeeperSession[]): Promise<readonly string[]> {
    const having = sessions.filter(({ runs }) => runs.has(pipelineId));
    const members = await Promise.all(having.map((session) => this.#haltOne(session, pipelineId, withinMs)));
    return members.flat();
  }

  #haltOne(session: KeeperSession, pipelineId: string, withinMs: number): Promise<readonly string[]> {
    return new Promise((resolve) => {
      const waiting = this.#halts.get(pipelineId) ?? [];
      this.#halts.set(pipelineId, waiting);
      const done = (members: readonly string[]): void => {
        clearTimeout(timer);
        waiting.splice(waiting.indexOf(entry), 1);
        resolve(members);
      };
      const entry: Waiting = { session, settle: done };
      const timer = setTimeout(done, withinMs + answerWithinMs, []);
      waiting.push(entry);
      session.send({ type: 'halt', pipelineId, withinMs });
    });
  }

  #add(session: KeeperSession): void {
    if (this.#closing !== null) session.close();
  }

  #sessionListener(): SessionListener {
    return {
      hello: (session, hello) => this.#greet(session, hello),
      said: (session, message) => this.#said(session, message),
      closed: (session) => this.#closed(session),
    };
  }

  #greet(session: KeeperSession, hello: Extract<KeeperUp, { type: 'hello' }>): void {
    const { logger } = this.#parts;
    const before = [...this.#sessions].find(({ keeperId }) => keeperId === session.keeperId);
    if (before !== undefined && before.pid !== hello.pid) {
      session.refuse(
        `Another worker with the name ${hello.keeperId} is connected. Give each its own with MILLRACE_WORKER_NAME, or wait until the other is gone.`,
      );
      return;
    }
    if (before !== undefined) {
      this.#closed(before);
      before.terminate();
    }
    if (session.isLocal && this.#local?.isOurs(hello.fingerprint) === false) {
      logger.info({ pid: hello.pid }, 'workers of an earlier server have other settings; they stop and start again');
      session.send({ type: 'end', withinMs: this.#parts.patience.stopWithinMs });
      return;
    }
    this.#sessions.add(session);
    if (session.isLocal) this.#local?.joined(session);
    const isWanted = (run: { readonly pipelineId: string; readonly runId: string }): boolean =>
      this.#wanted.get(run.pipelineId)?.runId === run.runId;
    const kept = hello.runs.filter(isWanted);
    logger.info({ worker: hello.keeperId, pid: hello.pid, runs: kept.length }, 'a machine with workers is connected');
    for (const { pipelineId, runId } of hello.runs) session.runs.set(pipelineId, runId);
    for (const [pipelineId, crew] of this.#crews) {
      crew.greeted(session, session.runs.has(pipelineId));
    }
    session.send({ type: 'keep', runs: kept });
    for (const pipelineId of this.#wanted.keys()) this.#tell(session, pipelineId);
  }

  #tell(session: KeeperSession, pipelineId: string): void {
    const wanted = this.#wanted.get(pipelineId);
    if (wanted === undefined || !wanted.isReady || this.#closing !== null || session.isLeaving) return;
    if (session.isLocal && this.#localEnds) return;
    const { runId, stateId, topology } = wanted;
    if (session.runs.get(pipelineId) === runId) return;
    session.runs.set(pipelineId, runId);
    session.send({ type: 'run', pipelineId, runId, stateId, topology });
  }

  #said(session: KeeperSession, message: Exclude<KeeperUp, { type: 'hello' }>): void {
    if (!this.#sessions.has(session)) return;
    if (message.type === 'leaving') {
      session.isLeaving = true;
      return;
    }
    const crew = this.#crews.get(message.pipelineId);
    switch (message.type) {
      case 'started':
        crew?.started(session, message);
        break;
      case 'said':
        crew?.said(session, message);
        break;
      case 'ended':
        crew?.ended(session, message);
        break;
      case 'halted':
        session.runs.delete(message.pipelineId);
        this.#settleHalts(session, message.pipelineId, crew?.halted(session) ?? []);
        // It may have ended what an earlier server told it to end, and is wanted now.
        this.#tell(session, message.pipelineId);
        break;
    }
  }

  #closed(session: KeeperSession): void {
    if (!this.#sessions.delete(session)) return;
    const { logger } = this.#parts;
    const { keeperId, isLeaving } = session;
    logger.info({ worker: keeperId, isLeaving }, 'a machine with workers is not connected any more');
    if (session.isLocal) this.#local?.left();
    for (const pipelineId of this.#halts.keys()) this.#settleHalts(session, pipelineId, []);
    for (const crew of this.#crews.values()) crew.lost(session);
  }

  #settleHalts(session: KeeperSession, pipelineId: string, members: readonly string[]): void {
    for (const waiting of [...(this.#halts.get(pipelineId) ?? [])]) {
      if (waiting.session === session) waiting.settle(members);
    }
  }
}
