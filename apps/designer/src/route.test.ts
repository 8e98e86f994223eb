import { describe, expect, it } from 'vitest';
import { firstPage, formatRoute, parseRoute } from './route.ts';

describe('routes', () => {
  it('reads pipeline, view and what is open from the address', () => {
    expect(parseRoute('/p/flight-delays?view=live&node=by-state&store=flight-delays-by-state-windows')).toEqual({
      pipeline: 'flight-delays',
      view: 'live',
      node: 'by-state',
      store: 'flight-delays-by-state-windows',
      topic: null,
    });
  });

  it('leads unknown addresses and impossible ids to the first page', () => {
    for (const address of ['/', '/elsewhere', '/p/', '/p/Not_An_Id', '/p/a/b']) {
      expect(parseRoute(address), address).toEqual(firstPage);
    }
  });

  it('takes an unknown view for editing', () => {
    expect(parseRoute('/p/a?view=else').view).toBe('edit');
  });

  it('writes the shortest address, and reads back what it wrote', () => {
    const plain = { ...firstPage, pipeline: 'a' };
    expect(formatRoute(plain)).toBe('/p/a');
    expect(formatRoute(firstPage)).toBe('/');
    const full = { ...plain, view: 'live' as const, node: 'n', topic: 'flights & more' };
    expect(parseRoute(formatRoute(full))).toEqual(full);
  });
});
