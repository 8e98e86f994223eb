import type { NodeKindName } from '@millrace/engine';
import { aggregate } from './aggregate.tsx';
import { filter } from './filter.tsx';
import { join } from './join.tsx';
import { map } from './map.tsx';
import type { NodeFace } from './node-face.ts';
import { sink } from './sink.tsx';
import { source } from './source.tsx';

/** In the order of the rail and of the keys 1 to 6. A kind without a face does not compile. */
export const faces = { source, filter, map, join, aggregate, sink } satisfies Record<NodeKindName, NodeFace>;

/** The face of a kind, or null for a kind that this version does not know. */
export function faceOf(kind: string): NodeFace | null {
  return Object.hasOwn(faces, kind) ? faces[kind as NodeKindName] : null;
}

/** Whether records with equal keys must meet in this kind of node. */
export function needsEqualKeys(kind: string): boolean {
  return kind === 'aggregate' || kind === 'join';
}
