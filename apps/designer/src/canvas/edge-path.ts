export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface EdgePath {
  readonly d: string;
  /** Where a label's left top corner stands: 10 px right of a vertical, 6 px under a horizontal run. */
  readonly label: Point & { readonly beside: 'vertical' | 'horizontal' };
  /** The middle of the place where a repartition glyph lies across the wire. */
  readonly log: Point;
}

/** Where a wire turns: from -1, above half height, to 1, below it, by at most `reach` px and as far as there is room. */
export interface Lane {
  readonly at: number;
  readonly reach: number;
}

export const middleLane: Lane = { at: 0, reach: 0 };

const radius = 16;
const minDrop = 24;
/** No lane leads a turn nearer to a node than this. */
const minTurn = 10;

/**
 * The way of an edge: down, across at half height, down, with corners of radius 16. An edge that leads upwards goes around the side.
 * @param from the middle of the output's node border, below
 * @param to the middle of the input's node border, above
 * @param lane how it keeps apart from the wires beside it
 */
export function edgePath(from: Point, to: Point, lane: Lane = middleLane): EdgePath {
  const dx = to.x - from.x;
  const dy = to.y - from.y;
  if (dy >= minDrop) return downward(from, to, dx, dy, lane);
  return around(from, to, dx);
}

function downward(from: Point, to: Point, dx: number, dy: number, lane: Lane): EdgePath {
  if (Math.abs(dx) < 1) {
    const middle = { x: from.x, y: from.y + dy / 2 };
    return {
      d: `M${from.x} ${from.y}V${to.y}`,
      label: { x: from.x + 10, y: middle.y - 9, beside: 'vertical' },
      log: middle,
    };
  }
  const room = Math.max(0, dy / 2 - minTurn);
  const turn = dy / 2 + lane.at * Math.min(room, lane.reach);
  const y = from.y + turn;
  const r = Math.min(radius, turn, dy - turn, Math.abs(dx) / 2);
  const side = Math.sign(dx);
  return {
    d: `M${from.x} ${from.y}V${y - r}Q${from.x} ${y} ${from.x + side * r} ${y}H${to.x - side * r}Q${to.x} ${y} ${to.x} ${y + r}V${to.y}`,
    label: { x: from.x + dx / 2, y: y + 6, beside: 'horizontal' },
    log: { x: to.x, y: Math.min(to.y - 17, y + r + 8) },
  };
}

function around(from: Point, to: Point, dx: number): EdgePath {
  const below = from.y + minDrop;
  const above = to.y - minDrop;
  const side = dx >= 0 ? 1 : -1;
  const x = Math.abs(dx) > 300 ? from.x + dx / 2 : Math.max(from.x, to.x) + 160;
  const first = Math.sign(x - from.x) || side;
  const last = Math.sign(to.x - x) || -side;
  const r = Math.min(
    radius,
    Math.abs(x - from.x) / 2,
    Math.abs(to.x - x) / 2,
    Math.max(1, Math.abs(below - above) / 2),
  );
  const d = [
    `M${from.x} ${from.y}V${below - r}`,
    `Q${from.x} ${below} ${from.x + first * r} ${below}H${x - first * r}`,
    `Q${x} ${below} ${x} ${below - r}V${above + r}`,
    `Q${x} ${above} ${x + last * r} ${above}H${to.x - last * r}`,
    `Q${to.x} ${above} ${to.x} ${above + r}V${to.y}`,
  ].join('');
  const middle = (below + above) / 2;
  return { d, label: { x: x + 10, y: middle - 9, beside: 'vertical' }, log: { x, y: middle } };
}
