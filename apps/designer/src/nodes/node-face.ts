import type { NodeLive, StoreLive } from '@millrace/api';
import type { PipelineNode } from '@millrace/engine';
import type { ReactNode } from 'react';

type Config = PipelineNode['config'];

/** What a node says of itself in one line; parts that are code stand in mono. */
export type Summary = readonly (string | { readonly code: string; readonly path: readonly string[] })[];

/** How a node kind looks: all that the canvas knows of a kind beside what the engine says. */
export interface NodeFace {
  /** On a 16 × 16 grid, stroked. */
  readonly icon: ReactNode;
  summary(config: Config): Summary;
  /** A word beside the kind's, such as `table`. */
  aside?(config: Config): string | null;
  /** What the records are keyed anew by on their way into this node, when they go through the log for it. */
  repartitionedBy?(config: Config, port: string): string | null;
  /** One fact of the running node, for its foot. */
  fact(live: NodeLive, stores: readonly StoreLive[]): string;
}

/** A text of the config, or '' where it is missing or something else. */
export function textOf(config: Config, name: string): string {
  const value = Object.hasOwn(config, name) ? config[name] : undefined;
  return typeof value === 'string' ? value : '';
}

export function numberOf(config: Config, name: string): number | null {
  const value = Object.hasOwn(config, name) ? config[name] : undefined;
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** A share of `whole`; null where nothing has come yet. */
export function shareOf(part: number, whole: number): number | null {
  return whole > 0 ? part / whole : null;
}

export function entriesOf(stores: readonly StoreLive[]): number | null {
  let sum: number | null = null;
  for (const store of stores) if (store.entries !== null) sum = (sum ?? 0) + store.entries;
  return sum;
}
