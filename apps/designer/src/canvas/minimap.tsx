import type { Pipeline } from '@millrace/engine';
import { useReactFlow, useStore } from '@xyflow/react';
import { type PointerEvent, useRef } from 'react';
import { useDocument } from '../document/document-store.ts';
import { useValidation } from '../document/validation-store.ts';
import { nodeOf } from '../nodes/pipeline-index.ts';
import { useRoute } from '../route.ts';
import { words } from '../words.ts';
import { nodeSize } from './pipeline-node.tsx';

const width = 132;
const height = 96;

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** All nodes and what of them is in view; a press goes there. */
export function Minimap() {
  const svg = useRef<SVGSVGElement>(null);
  const pipeline = useDocument((state) => state.pipeline);
  const byNode = useValidation((state) => state.byNode);
  const isEdit = useRoute((state) => state.view === 'edit');
  const transform = useStore((state) => state.transform);
  const viewWidth = useStore((state) => state.width);
  const viewHeight = useStore((state) => state.height);
  const { setCenter, getZoom } = useReactFlow();
  if (pipeline === null || pipeline.layout.nodes.length === 0) return null;
  const [x, y, zoom] = transform;
  const view: Box = { x: -x / zoom, y: -y / zoom, width: viewWidth / zoom, height: viewHeight / zoom };
  const nodes = boundsOf(pipeline);
  const all = padded(union(nodes, overlapsMostly(view, nodes) ? view : nodes), 40);
  const scale = Math.max(all.width / width, all.height / height);
  const box = `${all.x - (width * scale - all.width) / 2} ${all.y - (height * scale - all.height) / 2} ${width * scale} ${height * scale}`;
  const go = (event: PointerEvent<SVGSVGElement>): void => {
    const matrix = svg.current?.getScreenCTM();
    if (matrix === null || matrix === undefined) return;
    const to = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix.inverse());
    void setCenter(to.x, to.y, { zoom: getZoom(), duration: event.type === 'pointerdown' ? 240 : 0 });
  };
  const places = new Map(pipeline.layout.nodes.map((place) => [place.id, place]));
  return (
    <div className="float mini">
      <svg
        ref={svg}
        width={width}
        height={height}
        viewBox={box}
        role="img"
        aria-label={words.canvas.map}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          go(event);
        }}
        onPointerMove={(event) => event.buttons === 1 && go(event)}
      >
        {pipeline.edges.map((edge) => {
          const from = places.get(nodeOf(pipeline, edge.from)?.id ?? '');
          const to = places.get(nodeOf(pipeline, edge.to)?.id ?? '');
          if (from === undefined || to === undefined) return null;
          const middle = nodeSize.width / 2;
          const turn = (from.y + nodeSize.height + to.y) / 2;
          return (
            <path
              key={`${edge.from}>${edge.to}`}
              className="way"
              strokeWidth={scale}
              d={`M${from.x + middle} ${from.y + nodeSize.height}V${turn}H${to.x + middle}V${to.y}`}
            />
          );
        })}
        {pipeline.layout.nodes.map((place) => (
          <rect
            key={place.id}
            className="place"
            data-invalid={
              (isEdit && (byNode.get(place.id) ?? []).some((found) => found.severity === 'error')) || undefined
            }
            x={place.x}
            y={place.y}
            width={nodeSize.width}
            height={nodeSize.height}
            rx={2 * scale}
          />
        ))}
        <rect
          className="view"
          x={view.x + scale}
          y={view.y + scale}
          width={Math.max(0, view.width - 2 * scale)}
          height={Math.max(0, view.height - 2 * scale)}
          rx={3 * scale}
          strokeWidth={1.25 * scale}
        />
      </svg>
    </div>
  );
}

function boundsOf(pipeline: Pipeline): Box {
  const xs = pipeline.layout.nodes.map((place) => place.x);
  const ys = pipeline.layout.nodes.map((place) => place.y);
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  return {
    x: left,
    y: top,
    width: Math.max(...xs) + nodeSize.width - left,
    height: Math.max(...ys) + nodeSize.height - top,
  };
}

function union(a: Box, b: Box): Box {
  const [x, y] = [Math.min(a.x, b.x), Math.min(a.y, b.y)];
  return {
    x,
    y,
    width: Math.max(a.x + a.width, b.x + b.width) - x,
    height: Math.max(a.y + a.height, b.y + b.height) - y,
  };
}

function padded(box: Box, by: number): Box {
  return { x: box.x - by, y: box.y - by, width: box.width + 2 * by, height: box.height + 2 * by };
}

/** A view that has wandered far off or shows far more than the nodes does not shrink the map. */
function overlapsMostly(view: Box, nodes: Box): boolean {
  return (
    view.width < nodes.width * 3 &&
    view.height < nodes.height * 3 &&
    view.x < nodes.x + nodes.width &&
    view.x + view.width > nodes.x
  );
}
