import type { NodeKindName, PipelineNode } from '@millrace/engine';
import { nodeKinds } from '@millrace/engine';
import { create } from 'zustand';
import { addNode, freeNodeId, type Position, remove } from '../document/commands.ts';
import { apply, useDocument } from '../document/document-store.ts';
import { navigate, useRoute } from '../route.ts';
import { toast } from '../shell/toast-store.ts';
import { words } from '../words.ts';
import type { Verdicts } from './wire-check.ts';

/** A wire that is being drawn, by mouse or by keys. */
export interface Wiring {
  readonly from: string;
  readonly side: 'source' | 'target';
  readonly verdicts: Verdicts;
  /** The end that the keys have reached; null while the mouse draws. */
  readonly at: string | null;
}

/** A place in a node's config to put the caret in, or the eye on. `token` makes the same place news when it is asked for again. */
export interface Place {
  readonly node: string;
  readonly path: readonly (string | number)[];
  readonly span: { readonly start: number; readonly end: number } | null;
  readonly token: number;
}

interface CanvasState {
  readonly selectedNodes: ReadonlySet<string>;
  readonly selectedEdges: ReadonlySet<string>;
  /** The kind that the next click on the canvas places. */
  readonly armed: NodeKindName | null;
  readonly wiring: Wiring | null;
  /** The node whose name is being changed on the canvas. */
  readonly renaming: string | null;
  readonly place: Place | null;
  readonly isPaletteOpen: boolean;
}

const nothing: ReadonlySet<string> = new Set();
const initial: CanvasState = {
  selectedNodes: nothing,
  selectedEdges: nothing,
  armed: null,
  wiring: null,
  renaming: null,
  place: null,
  isPaletteOpen: false,
};

export const useCanvas = create<CanvasState>(() => initial);

export function resetCanvas(): void {
  const { node } = useRoute.getState();
  useCanvas.setState({ ...initial, selectedNodes: node === null ? nothing : new Set([node]) });
}

/** The panel at the right shows the node when exactly one is selected. */
export function select(nodes: ReadonlySet<string>, edges: ReadonlySet<string> = nothing): void {
  useCanvas.setState({ selectedNodes: nodes, selectedEdges: edges });
  const [only] = nodes;
  const node = nodes.size === 1 && only !== undefined ? only : null;
  const route = useRoute.getState();
  if (node !== null) navigate({ node, store: null, topic: null });
  else if (route.node !== null) navigate({ node: null });
}

export function selectOnly(node: string): void {
  select(new Set([node]));
}

let tokens = 0;

export function goToPlace(node: string, path: Place['path'], span: Place['span']): void {
  selectOnly(node);
  useCanvas.setState({ place: { node, path, span, token: ++tokens } });
}

/** Adds a node of a kind and selects it. @returns its id */
export function addKind(kind: NodeKindName, position: Position): string | null {
  const { pipeline } = useDocument.getState();
  if (pipeline === null) return null;
  const id = freeNodeId(pipeline, kind);
  const config = nodeKinds[kind].initialConfig() as PipelineNode['config'];
  apply(addNode({ id, kind, name: id, config }, position));
  useCanvas.setState({ armed: null });
  selectOnly(id);
  return id;
}

export function deleteSelection(): void {
  const { selectedNodes, selectedEdges } = useCanvas.getState();
  if (selectedNodes.size === 0 && selectedEdges.size === 0) return;
  apply(remove(selectedNodes, selectedEdges));
  toast({ text: words.canvas.deleted(selectedNodes.size, selectedEdges.size), icon: 'bin' });
  select(nothing);
}
