import { expect, it } from 'vitest';
import { edgePath } from './edge-path.ts';
import { hitWidth, laneOf, portPlaces } from './port-places.ts';

it('puts one port in the middle, two at 80 and 176', () => {
  expect(portPlaces(1)).toEqual([128]);
  expect(portPlaces(2)).toEqual([80, 176]);
});

it.each([3, 8, 21])('keeps %d ports apart and away from the corners', (count) => {
  const places = portPlaces(count);
  expect(places).toHaveLength(count);
  expect(places[0]).toBeGreaterThanOrEqual(18);
  expect(places.at(-1)).toBeLessThanOrEqual(238);
  const gaps = places.slice(1).map((place, index) => place - (places[index] ?? 0));
  for (const gap of gaps) expect(hitWidth(count)).toBeLessThanOrEqual(gap + 1e-9);
  expect(hitWidth(count)).toBeGreaterThan(10);
});

it('lets the wires of many ports turn at heights of their own', () => {
  const turn = (index: number): string => {
    const from = { x: portPlaces(5)[index] ?? 0, y: 88 };
    const path = edgePath(from, { x: -300, y: 288 }, laneOf(index, 5, -300 - from.x, 'source'));
    return /H[-\d.]+Q[-\d.]+ ([\d.]+)/.exec(path.d)?.[1] ?? '';
  };
  const turns = [0, 1, 2, 3, 4].map(turn).map(Number);
  expect(turns).toEqual([...turns].sort((a, b) => a - b));
  expect(new Set(turns).size).toBe(5);
});
