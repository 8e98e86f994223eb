import type { NodeKindName } from '@millrace/engine';
import { aggregate } from './aggregate.tsx';
import { branch } from './branch.tsx';
import { cogroup } from './cogroup.tsx';
import { dedupe } from './dedupe.tsx';
import { filter } from './filter.tsx';
import { flatMap } from './flat-map.tsx';
import { generator } from './generator.tsx';
import { join } from './join.tsx';
import { map } from './map.tsx';
import { merge } from './merge.tsx';
import type { NodeFace } from './node-face.ts';
import { reKey } from './re-key.tsx';
import { repartition } from './repartition.tsx';
import { sink } from './sink.tsx';
import { source } from './source.tsx';
import { suppress } from './suppress.tsx';
import { toStream } from './to-stream.tsx';
import { toTable } from './to-table.tsx';

/** A kind without a face does not compile. */
export const faces = {
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
} satisfies Record<NodeKindName, NodeFace>;

/** The face of a kind, or null for a kind that this version does not know. */
export function faceOf(kind: string): NodeFace | null {
  return Object.hasOwn(faces, kind) ? faces[kind as NodeKindName] : null;
}
