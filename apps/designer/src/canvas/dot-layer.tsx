import { useStore } from '@xyflow/react';
import { useEffect, useRef } from 'react';
import { useDocument } from '../document/document-store.ts';
import { useValidation } from '../document/validation-store.ts';
import { useLive } from '../live/live-store.ts';
import { shapeWithin } from '../nodes/node-shape.ts';
import { nodeOf } from '../nodes/pipeline-index.ts';
import { useRoute } from '../route.ts';
import { useTheme } from '../theme.ts';
import { useCanvas } from './canvas-store.ts';
import { nodeSize } from './pipeline-node.tsx';

/** Below this zoom nodes are dots on one layer. */
export const dotZoom = 0.42;
export const fullZoom = 0.85;

const half = 6;

/** From far away: shape = what comes out, fill = state, hollow is normal. The names of selected nodes stand beside. */
export function DotLayer() {
  const canvas = useRef<HTMLCanvasElement>(null);
  const transform = useStore((state) => state.transform);
  const width = useStore((state) => state.width);
  const height = useStore((state) => state.height);
  const pipeline = useDocument((state) => state.pipeline);
  const { outputs, byNode } = useValidation();
  const view = useRoute((state) => state.view);
  const theme = useTheme((state) => state.theme);
  const selected = useCanvas((state) => state.selectedNodes);
  const [x, y, zoom] = transform;
  const isShown = zoom < dotZoom && pipeline !== null;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another theme is other colours, which drawing reads from the style.
  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext('2d');
    if (!isShown || element === null || context === null || context === undefined || pipeline === null) return;
    const scale = window.devicePixelRatio;
    element.width = width * scale;
    element.height = height * scale;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    const style = getComputedStyle(element);
    const color = (name: string): string => style.getPropertyValue(`--color-${name}`);
    const at = new Map(
      pipeline.layout.nodes.map((place) => [
        place.id,
        { x: (place.x + nodeSize.width / 2) * zoom + x, y: (place.y + nodeSize.height / 2) * zoom + y },
      ]),
    );
    context.lineWidth = 1;
    context.strokeStyle = color('line-control');
    for (const edge of pipeline.edges) {
      const from = at.get(nodeOf(pipeline, edge.from)?.id ?? '');
      const to = at.get(nodeOf(pipeline, edge.to)?.id ?? '');
      if (from === undefined || to === undefined) continue;
      const turn = (from.y + to.y) / 2;
      context.beginPath();
      context.moveTo(from.x, from.y);
      context.bezierCurveTo(from.x, turn, to.x, turn, to.x, to.y);
      context.stroke();
    }
    const { nodes: live } = useLive.getState();
    context.lineWidth = 2;
    for (const node of pipeline.nodes) {
      const place = at.get(node.id);
      if (place === undefined) continue;
      const shape = shapeWithin(node, outputs);
      const isBad =
        view === 'edit'
          ? (byNode.get(node.id) ?? []).some((found) => found.severity === 'error')
          : (live.get(node.id)?.counters.failed ?? 0) > 0;
      const stroke = isBad
        ? color('bad')
        : shape === 'stream'
          ? color('water')
          : shape === 'end'
            ? color('ink-3')
            : color('table');
      context.beginPath();
      if (shape === 'stream') context.arc(place.x, place.y, half - 1, 0, 2 * Math.PI);
      else if (shape === 'table')
        context.roundRect(place.x - half + 1, place.y - half + 1, 2 * half - 2, 2 * half - 2, 3);
      else if (shape === 'global') {
        context.moveTo(place.x, place.y - half);
        context.lineTo(place.x + half, place.y);
        context.lineTo(place.x, place.y + half);
        context.lineTo(place.x - half, place.y);
        context.closePath();
      } else {
        context.arc(place.x, place.y - 2, half, 0, Math.PI);
        context.closePath();
      }
      context.strokeStyle = stroke;
      context.fillStyle = isBad ? stroke : color('canvas');
      context.fill();
      context.stroke();
    }
  }, [isShown, x, y, zoom, width, height, pipeline, outputs, byNode, view, theme]);
  if (!isShown) return null;
  return (
    <>
      <canvas ref={canvas} className="dot-layer" />
      {pipeline.layout.nodes
        .filter((place) => selected.has(place.id))
        .map((place) => (
          <span
            key={place.id}
            className="dot-name"
            style={{ left: (place.x + nodeSize.width / 2) * zoom + x, top: (place.y + nodeSize.height / 2) * zoom + y }}
          >
            {nodeOf(pipeline, `${place.id}.`)?.name}
          </span>
        ))}
    </>
  );
}
