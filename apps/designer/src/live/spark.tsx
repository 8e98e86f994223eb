import { useEffect, useRef } from 'react';
import { drawnShape, type NodeShape } from '../nodes/node-shape.ts';
import { useTheme } from '../theme.ts';
import { pastOf, useLive } from './live-store.ts';
import { heldTop, historyLength } from './rate-history.ts';

interface SparkProps {
  readonly node: string;
  readonly shape: NodeShape;
  readonly className?: string | undefined;
}

/** The last five minutes of what a node reads, drawn by hand from zero up: no render of a component for a tick of numbers. */
export function Spark({ node, shape, className = 'spark' }: SparkProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const theme = useTheme((state) => state.theme);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another theme or shape is another colour, which drawing reads from the style.
  useEffect(() => {
    let frame = 0;
    const paint = (): void => {
      frame = 0;
      if (canvas.current !== null) drawSpark(canvas.current, pastOf(node).read.values);
    };
    const schedule = (): void => {
      if (frame === 0) frame = requestAnimationFrame(paint);
    };
    schedule();
    const end = useLive.subscribe((after, before) => {
      if (after.frame !== before.frame) schedule();
    });
    return () => {
      end();
      cancelAnimationFrame(frame);
    };
  }, [node, theme, shape]);
  return <canvas ref={canvas} className={className} data-shape={drawnShape(shape)} />;
}

const linePx = 1.25;

function drawSpark(canvas: HTMLCanvasElement, values: readonly number[]): void {
  const { clientWidth: width, clientHeight: height } = canvas;
  // Twice the pixels of the screen, so that zooming in stays sharp.
  const scale = 2 * window.devicePixelRatio;
  if (canvas.width !== Math.round(width * scale)) canvas.width = Math.round(width * scale);
  if (canvas.height !== Math.round(height * scale)) canvas.height = Math.round(height * scale);
  const context = canvas.getContext('2d');
  if (context === null || width === 0) return;
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  const top = heldTop(values);
  canvas.toggleAttribute('data-flat', top <= 0);
  const color = getComputedStyle(canvas).color;
  context.strokeStyle = color;
  context.lineWidth = linePx;
  context.lineJoin = 'round';
  const ground = height - linePx;
  const x = (index: number): number => width - ((values.length - 1 - index) / (historyLength - 1)) * width;
  // A burst above the top goes up to the edge and no further.
  const y = (value: number): number =>
    top <= 0 ? ground : ground - Math.min(1, value / (top * 1.15)) * (ground - linePx);
  if (values.length < 2) {
    const level = y(values[0] ?? 0);
    context.beginPath();
    context.moveTo(0, level);
    context.lineTo(width, level);
    context.globalAlpha = 0.5;
    context.stroke();
    context.globalAlpha = 1;
    return;
  }
  // Where nothing was seen yet, the ground alone.
  context.globalAlpha = 0.3;
  context.beginPath();
  context.moveTo(0, ground);
  context.lineTo(x(0), ground);
  context.stroke();
  context.globalAlpha = 1;
  const line = new Path2D();
  values.forEach((value, index) => {
    if (index === 0) line.moveTo(x(index), y(value));
    else line.lineTo(x(index), y(value));
  });
  if (top > 0) {
    const area = new Path2D(line);
    area.lineTo(width, height);
    area.lineTo(x(0), height);
    area.closePath();
    context.globalAlpha = 0.13;
    context.fillStyle = color;
    context.fill(area);
    context.globalAlpha = 1;
  }
  context.stroke(line);
}
