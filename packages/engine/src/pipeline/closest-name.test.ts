import { describe, expect, it } from 'vitest';
import { closestName } from './closest-name.ts';

describe('the closest name', () => {
  it.each([
    ['flihgts', ['airports', 'flights'], 'flights'],
    ['Flights', ['flights'], 'flights'],
    ['delays', ['delay', 'delayed'], 'delay'],
    ['a', ['b'], 'b'],
    ['departures', ['zepartures', 'xdepartures', 'arrivals'], 'zepartures'],
    ['tarrivals', ['zzzzzzzzz', 'arrivals'], 'arrivals'],
  ])('to %s among %j is %s', (wanted, names, expected) => {
    expect(closestName(wanted, names)).toBe(expected);
  });

  it('is nothing when none was meant', () => {
    expect(closestName('orders', ['flights', 'airports'])).toBeNull();
    expect(closestName('orders', [])).toBeNull();
    expect(closestName('x', ['flights'])).toBeNull();
  });

  it('is the first of equally close ones', () => {
    expect(closestName('date', ['data', 'gate', 'dates'])).toBe('data');
  });
});
