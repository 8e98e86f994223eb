import { describe, expect, it } from 'vitest';
import { edgePath } from './edge-path.ts';

describe('edgePath', () => {
  it('is one straight line when the ports stand above each other', () => {
    const path = edgePath({ x: 128, y: 88 }, { x: 128, y: 128 });
    expect(path.d).toBe('M128 88V128');
    expect(path.label).toEqual({ x: 138, y: 99, beside: 'vertical' });
    expect(path.log).toEqual({ x: 128, y: 108 });
  });

  it('turns at half height with corners of 16', () => {
    const path = edgePath({ x: 128, y: 216 }, { x: 360, y: 272 });
    expect(path.d).toBe('M128 216V228Q128 244 144 244H344Q360 244 360 260V272');
    expect(path.label).toMatchObject({ beside: 'horizontal', y: 250 });
  });

  it('makes corners smaller where there is no room', () => {
    expect(edgePath({ x: 0, y: 0 }, { x: 8, y: 100 }).d).toContain('Q0 50 4 50');
  });

  it('goes around when the target stands above', () => {
    const path = edgePath({ x: 0, y: 300 }, { x: 0, y: 0 });
    expect(path.d).toContain('H');
    expect(path.d.endsWith('V0')).toBe(true);
    expect(path.d).not.toContain('NaN');
  });
});
