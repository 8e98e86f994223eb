import { aggregate } from './aggregate/aggregate.ts';
import { branch } from './branch/branch.ts';
import { cogroup } from './cogroup/cogroup.ts';
import { dedupe } from './dedupe/dedupe.ts';
import { filter } from './filter/filter.ts';
import { flatMap } from './flat-map/flat-map.ts';
import { generator } from './generator/generator.ts';
import { join } from './join/join.ts';
import { map } from './map/map.ts';
import { merge } from './merge/merge.ts';
import type { NodeKind } from './node-kind.ts';
import { reKey } from './re-key/re-key.ts';
import { repartition } from './repartition/repartition.ts';
import { sink } from './sink/sink.ts';
import { source } from './source/source.ts';
import { suppress } from './suppress/suppress.ts';
import { toStream } from './to-stream/to-stream.ts';
import { toTable } from './to-table/to-table.ts';

/** All kinds of nodes, in the order of the palette. */
export const nodeKinds = {
  source,
  generator,
  filter,
  map,
  'flat-map': flatMap,
  branch,
  merge,
  're-key': reKey,
  repartition,
  dedupe,
  join,
  aggregate,
  cogroup,
  suppress,
  'to-table': toTable,
  'to-stream': toStream,
  sink,
} satisfies { readonly [name: string]: NodeKind };

export type NodeKindName = keyof typeof nodeKinds;

/** The kind of this name; undefined when there is none. */
export function nodeKind(name: string): NodeKind | undefined {
  return Object.hasOwn(nodeKinds, name) ? nodeKinds[name as NodeKindName] : undefined;
}
