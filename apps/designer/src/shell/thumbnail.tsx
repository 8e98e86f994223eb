import type { Thumbnail as Drawing } from '@millrace/api';

const width = 76;
const height = 168;
const inset = { x: 16, top: 24, bottom: 24 };

/** Keeps a pipeline's proportions as far as the room allows. */
function scaled(values: readonly number[], from: number, room: number, stepMax: number): (value: number) => number {
  const distinct = [...new Set(values)].sort((left, right) => left - right);
  const step = distinct.length > 1 ? Math.min(stepMax, room / (distinct.length - 1)) : 0;
  const start = from + (room - step * (distinct.length - 1)) / 2;
  return (value) => start + distinct.indexOf(value) * step;
}

/** A pipeline as dots: round flows, square holds, a half-disc ends; a table's line is double. */
export function Thumbnail({ drawing }: { readonly drawing: Drawing }) {
  const x = scaled(
    drawing.dots.map((dot) => dot.x),
    inset.x,
    width - 2 * inset.x,
    26,
  );
  const y = scaled(
    drawing.dots.map((dot) => dot.y),
    inset.top,
    height - inset.top - inset.bottom,
    32,
  );
  const at = (index: number) => {
    const dot = drawing.dots[index];
    return dot === undefined ? null : { x: x(dot.x), y: y(dot.y), shape: dot.shape };
  };
  return (
    <svg width={width} height={height} aria-hidden="true">
      {drawing.lines.map(([from, to]) => {
        const start = at(from);
        const end = at(to);
        if (start === null || end === null) return null;
        const turn = (start.y + end.y) / 2;
        const d =
          start.x === end.x
            ? `M${start.x} ${start.y}V${end.y}`
            : `M${start.x} ${start.y}C${start.x} ${turn} ${end.x} ${turn} ${end.x} ${end.y}`;
        return (
          <g key={`${from}-${to}`}>
            <path className="way" data-shape={start.shape} d={d} />
            {start.shape === 'table' && <path className="way-slit" d={d} />}
          </g>
        );
      })}
      {drawing.dots.map((_, index) => {
        const dot = at(index);
        if (dot === null) return null;
        const key = `${dot.x},${dot.y},${dot.shape}`;
        if (dot.shape === 'stream') return <circle key={key} className="dot" cx={dot.x} cy={dot.y} r={6} />;
        if (dot.shape === 'table')
          return (
            <rect
              key={key}
              className="dot"
              data-shape="table"
              x={dot.x - 5.5}
              y={dot.y - 5.5}
              width={11}
              height={11}
              rx={3}
            />
          );
        return (
          <path key={key} className="dot" data-shape="sink" d={`M${dot.x - 7} ${dot.y - 4}h14v2a7 7 0 0 1-14 0z`} />
        );
      })}
    </svg>
  );
}
