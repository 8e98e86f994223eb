import type { NodeLive, StoreLive } from '@millrace/api';
import type { FlowShape, PipelineNode, PortType } from '@millrace/engine';
import type { ReactNode } from 'react';

type Config = PipelineNode['config'];

/** What a node says of itself in one line; parts that are code stand in mono. */
export type Summary = readonly (string | { readonly code: string; readonly path: readonly string[] })[];

/** How a node kind looks: all that the canvas knows of a kind beside what the engine says. */
export interface NodeFace {
  /** On a 16 × 16 grid, stroked. */
  readonly icon: ReactNode;
  /** @param shapes of what arrives, by input port, as far as it is known */
  summary(config: Config, shapes: ReadonlyMap<string, FlowShape>): Summary;
  /** A word beside the kind's, such as `table`. */
  aside?(config: Config): string | null;
  /** What its config lets one expect to come out, before types are known; a stream where this is absent. */
  shape?(config: Config): FlowShape;
  /** Fields that do not matter as the config stands and as far as it is known what arrives; the form leaves them out while they are as they were. */
  unused?(config: Config, inputs: ReadonlyMap<string, PortType>): readonly string[];
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

/** The items of a list of the config that can be read. */
export function itemsOf(config: Config, name: string): readonly Config[] {
  const list: unknown = Object.hasOwn(config, name) ? config[name] : undefined;
  if (!Array.isArray(list)) return [];
  return list.filter((item): item is Config => typeof item === 'object' && item !== null && !Array.isArray(item));
}

/** The format of a key matters only where there is one. */
export function keyFormatWithoutKey(config: Config): readonly string[] {
  return textOf(config, 'key').trim() === '' ? ['keyFormat'] : [];
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
