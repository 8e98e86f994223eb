import { type Lane, middleLane } from './edge-path.ts';
import { portReach } from './port-reach.ts';

const nodeWidth = 256;
/** Corners are round, so no port stands nearer to them, in px. */
const margin = 18;

/** Where the middles of a node's ports stand on its edge, in px from the left: two at 80 and 176, more share the edge evenly. */
export function portPlaces(count: number): readonly number[] {
  if (count === 2) return [80, 176];
  const even = Array.from({ length: count }, (_, index) => (nodeWidth * (index + 1)) / (count + 1));
  if ((even[0] ?? margin) >= margin) return even;
  return even.map((_, index) => margin + ((nodeWidth - 2 * margin) * index) / (count - 1));
}

/** How wide the hit area of each port is: at most what parts it from the next. */
export function hitWidth(count: number): number {
  const [first = 0, second = nodeWidth] = portPlaces(count);
  return Math.min(2 * portReach, second - first);
}

const laneStep = 8;

/**
 * The lane of a wire among those of all ports of one node: those that go furthest to a side turn first, so that none crosses another.
 * @param dx how far to the right the wire goes
 */
export function laneOf(index: number, count: number, dx: number, side: 'source' | 'target'): Lane {
  if (count < 3) return middleLane;
  const half = (count - 1) / 2;
  const rank = (dx < 0 ? index : count - 1 - index) - half;
  return { at: (side === 'source' ? rank : -rank) / half, reach: half * laneStep };
}
