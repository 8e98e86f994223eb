import type { DeploymentView, LiveFrame, NodeLive, StoreLive } from '@millrace/api';
import { create } from 'zustand';
import { api, useConnection } from '../api.ts';
import type { FlowTeller } from './edge-flow.ts';
import { HourPeak } from './edge-width.ts';
import { RateHistory } from './rate-history.ts';
import { type RestoreSight, restoreLeftMs } from './restore-progress.ts';

interface LiveState {
  /** What the newest frame said; null before the first. */
  readonly frame: LiveFrame | null;
  readonly deployment: DeploymentView | null;
  readonly nodes: ReadonlyMap<string, NodeLive>;
  readonly storesOf: ReadonlyMap<string, readonly StoreLive[]>;
  /** No frame for three seconds while some were due, or no socket: the numbers are old. */
  readonly isStale: boolean;
  readonly showRates: boolean;
  /** The greatest rate of any node within the hour. */
  readonly peak: number;
  /** The first sight of the restore that is under way, from which its pace is told. */
  readonly restoreSince: RestoreSight | null;
}

const empty: Omit<LiveState, 'showRates'> = {
  frame: null,
  deployment: null,
  nodes: new Map(),
  storesOf: new Map(),
  isStale: false,
  peak: 0,
  restoreSince: null,
};

/** What runs, apart from the document. */
export const useLive = create<LiveState>(() => ({ ...empty, showRates: true }));

/** How long the restore that is under way still takes, milliseconds; null while that cannot be told. */
export function restoreLeft({ frame, restoreSince }: LiveState): number | null {
  const restored = frame?.deployment?.restored ?? null;
  return frame === null || restored === null ? null : restoreLeftMs(restoreSince, { ...restored, atMs: frame.atMs });
}

export function toggleRates(): void {
  useLive.setState((state) => ({ showRates: !state.showRates }));
}

/** The last five minutes and this hour's peak of each node's rates; read by drawings, not by renders. */
interface NodePast {
  readonly read: RateHistory;
  readonly outPeak: HourPeak;
  readonly readPeak: HourPeak;
}

const past = new Map<string, NodePast>();

export function pastOf(node: string): NodePast {
  let own = past.get(node);
  if (own === undefined) {
    own = { read: new RateHistory(), outPeak: new HourPeak(), readPeak: new HourPeak() };
    past.set(node, own);
  }
  return own;
}

/** The greatest rate over an edge within the hour. */
export function peakOver(teller: FlowTeller | null): number {
  if (teller === null) return 0;
  const own = pastOf(teller.node);
  return (teller.counts === 'out' ? own.outPeak : own.readPeak).value;
}

const lagPast = new Map<string, RateHistory>();

/** How what waits in front of a node has changed over the last half minute. */
export function lagTrend(node: string): 'rising' | 'level' | 'falling' {
  return lagPast.get(node)?.trend(30_000) ?? 'level';
}

function take(frame: LiveFrame): void {
  const pipelinePeak = new Map<string, number>();
  for (const node of frame.nodes) {
    const own = pastOf(node.node);
    own.read.add(frame.atMs, node.rates.in);
    own.outPeak.add(node.rates.out, frame.atMs);
    own.readPeak.add(node.rates.in, frame.atMs);
    pipelinePeak.set(node.node, own.outPeak.value);
    if (node.lagRecords === null) continue;
    const lag = lagPast.get(node.node) ?? new RateHistory();
    lagPast.set(node.node, lag);
    lag.add(frame.atMs, node.lagRecords);
  }
  const storesOf = new Map<string, StoreLive[]>();
  for (const store of frame.stores) storesOf.set(store.node, [...(storesOf.get(store.node) ?? []), store]);
  const { deployment: before, restoreSince } = useLive.getState();
  const restored = frame.deployment?.restored ?? null;
  useLive.setState({
    frame,
    // An unchanged deployment keeps its identity, so that what shows only its state renders on changes only.
    deployment: JSON.stringify(before) === JSON.stringify(frame.deployment) ? before : frame.deployment,
    nodes: new Map(frame.nodes.map((node) => [node.node, node])),
    storesOf,
    isStale: false,
    peak: Math.max(0, ...pipelinePeak.values()),
    restoreSince: restored === null ? null : (restoreSince ?? { ...restored, atMs: frame.atMs }),
  });
}

/** A deployment in one of these states sends frames at least twice a second. */
const beating = new Set(['starting', 'restoring', 'running', 'stopping']);
const staleAfterMs = 3000;

/** One subscription for the open pipeline. @returns what ends it and forgets the numbers */
export function followLive(pipelineId: string): () => void {
  let receivedAtMs = Date.now();
  let retry: ReturnType<typeof setTimeout> | null = null;
  let subscription: { unsubscribe(): void } | null = null;
  let ended = false;
  const again = (): void => {
    if (!ended) retry ??= setTimeout(subscribe, 1000);
  };
  const subscribe = (): void => {
    retry = null;
    subscription?.unsubscribe();
    subscription = api.deployments.live.subscribe(
      { pipelineId },
      {
        onData: (frame) => {
          receivedAtMs = Date.now();
          if (!ended) take(frame);
        },
        onError: again,
        onComplete: again,
      },
    );
  };
  subscribe();
  const watch = setInterval(() => {
    const { deployment, frame, isStale } = useLive.getState();
    const isLate = Date.now() - receivedAtMs > staleAfterMs && deployment !== null && beating.has(deployment.state);
    const isOld = frame !== null && (isLate || useConnection.getState().connection !== 'open');
    if (isOld !== isStale) useLive.setState({ isStale: isOld });
  }, 500);
  return () => {
    ended = true;
    subscription?.unsubscribe();
    if (retry !== null) clearTimeout(retry);
    clearInterval(watch);
    past.clear();
    lagPast.clear();
    useLive.setState(empty);
  };
}
