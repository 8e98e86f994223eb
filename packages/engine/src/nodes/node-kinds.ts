import { aggregate } from './aggregate/aggregate.ts';
import { filter } from './filter/filter.ts';
import { join } from './join/join.ts';
import { map } from './map/map.ts';
import type { NodeKind } from './node-kind.ts';
import { sink } from './sink/sink.ts';
import { source } from './source/source.ts';

/** All kinds of nodes, in the order of the palette. */
export const nodeKinds = { source, filter, map, join, aggregate, sink } satisfies { readonly [name: string]: NodeKind };

export type NodeKindName = keyof typeof nodeKinds;

/** The kind of this name; undefined when there is none. */
export function nodeKind(name: string): NodeKind | undefined {
  return Object.hasOwn(nodeKinds, name) ? nodeKinds[name as NodeKindName] : undefined;
}
