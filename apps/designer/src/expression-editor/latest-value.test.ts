import { describe, expect, it } from 'vitest';
import { latestAt, pathBefore } from './latest-value.ts';

describe('pathBefore', () => {
  it('reads the plain path before the dot', () => {
    expect(pathBefore('value.', 6)).toEqual(['value']);
    expect(pathBefore('1 + left.airport?.', 18)).toEqual(['left', 'airport']);
  });

  it('is null before what is no plain path', () => {
    expect(pathBefore('value', 5)).toBeNull();
    expect(pathBefore('lower(x).', 9)).toBeNull();
    expect(pathBefore('list[0].a.', 10)).toBeNull();
  });
});

it('reads own fields only', () => {
  const latest = { value: { delay: 30, airport: { state: 'CA' } } };
  expect(latestAt(latest, ['value', 'airport', 'state'])).toBe('CA');
  expect(latestAt(latest, ['value', 'toString'])).toBeUndefined();
  expect(latestAt(latest, ['key'])).toBeUndefined();
});
