import { describe, expect, it } from 'vitest';
import { caseReport, summaryLine } from './case-report.ts';
import { compared } from './case-result.ts';

describe('caseReport', () => {
  it('says ok in one line', () => {
    expect(caseReport('a', compared(['x'], ['x']))).toEqual(['ok a']);
  });

  it('says why a case is skipped', () => {
    expect(caseReport('a', { outcome: 'skipped', reason: 'left out' })).toEqual(['skip a: left out']);
  });

  it('shows what is missing, what is too much, and in between what is right', () => {
    expect(caseReport('a', compared(['one', 'two', 'three'], ['one', 'deux', 'three', 'four']))).toEqual([
      'not ok a',
      '    one',
      '  - two',
      '  + deux',
      '    three',
      '  + four',
    ]);
  });

  it('shows an order that differs', () => {
    expect(caseReport('a', compared(['one', 'two'], ['two', 'one'])).slice(1)).toHaveLength(3);
  });
});

describe('summaryLine', () => {
  it('counts what became of the cases', () => {
    const results = [compared([], []), compared(['a'], []), { outcome: 'skipped', reason: '' } as const];
    expect(summaryLine(results)).toBe('1 passed, 1 failed, 1 skipped');
  });
});
