import type { Pipeline } from '@millrace/engine';
import type { useReactFlow } from '@xyflow/react';
import type { RefObject } from 'react';
import type { Position } from '../document/commands.ts';
import { useDocument } from '../document/document-store.ts';
import { nodeSize } from './pipeline-node.tsx';

const margin = 16;

/** What the keys need to know and move of the canvas on the screen. */
export class CanvasView {
  readonly #flow: ReturnType<typeof useReactFlow>;
  readonly #section: RefObject<HTMLElement | null>;

  constructor(flow: ReturnType<typeof useReactFlow>, section: RefObject<HTMLElement | null>) {
    this.#flow = flow;
    this.#section = section;
  }

  /** Gives a node the focus and brings it into view. */
  focus(id: string): void {
    const element = this.#section.current?.querySelector<HTMLElement>(`.react-flow__node[data-id="${CSS.escape(id)}"]`);
    element?.focus({ preventScroll: true });
    this.reveal(id);
  }

  /** Moves the canvas as little as is needed for the node to be seen whole. */
  reveal(id: string): void {
    const place = useDocument.getState().pipeline?.layout.nodes.find((node) => node.id === id);
    const size = this.#section.current?.getBoundingClientRect();
    if (place === undefined || size === undefined) return;
    const { x, y, zoom } = this.#flow.getViewport();
    const shift = (start: number, length: number, room: number): number =>
      start < margin ? margin - start : Math.min(0, room - margin - start - length);
    const dx = shift(place.x * zoom + x, nodeSize.width * zoom, size.width);
    const dy = shift(place.y * zoom + y, nodeSize.height * zoom, size.height);
    if (dx !== 0 || dy !== 0) void this.#flow.setViewport({ x: x + dx, y: y + dy, zoom }, { duration: 180 });
  }

  /** Under the selected node, or in the middle of what is in view; beside what stands there already. */
  placeForNew(pipeline: Pipeline, selected: ReadonlySet<string>): Position {
    const [only] = selected;
    const above = selected.size === 1 ? pipeline.layout.nodes.find((place) => place.id === only) : undefined;
    let place = above === undefined ? this.#middle() : { x: above.x, y: above.y + 128 };
    const isTaken = (x: number, y: number): boolean =>
      pipeline.layout.nodes.some(
        (other) => Math.abs(other.x - x) < nodeSize.width + 8 && Math.abs(other.y - y) < nodeSize.height + 8,
      );
    for (let tries = 0; tries < 40 && isTaken(place.x, place.y); tries++) {
      place = { x: place.x + nodeSize.width + 24, y: place.y };
    }
    return place;
  }

  #middle(): Position {
    const size = this.#section.current?.getBoundingClientRect();
    const middle = this.#flow.screenToFlowPosition({
      x: (size?.left ?? 0) + (size?.width ?? 0) / 2,
      y: (size?.top ?? 0) + (size?.height ?? 0) / 2,
    });
    return { x: middle.x - nodeSize.width / 2, y: middle.y - nodeSize.height / 2 };
  }
}
