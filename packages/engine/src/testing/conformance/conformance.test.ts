import { describe, expect, it } from 'vitest';
import cases from '../../../conformance/cases.json' with { type: 'json' };
import { caseReport } from './case-report.ts';
import { readConformanceCases } from './conformance-case.ts';
import { runConformanceCase } from './run-conformance-case.ts';

/** What a pipeline leaves out on purpose; docs/semantics.md says why. */
const leftOut = ['ssj-left-legacy-eager', 'punctuate-wall-clock'];

describe('the conformance cases', () => {
  const all = readConformanceCases(cases);

  it.each(all.filter(({ id }) => !leftOut.includes(id)))('$id', (conformanceCase) => {
    const result = runConformanceCase(conformanceCase);
    const document = result.outcome === 'failed' ? JSON.stringify(result.document, null, 2) : '';
    expect(result.outcome, `${caseReport(conformanceCase.id, result).join('\n')}\n${document}`).toBe('passed');
  });

  // A case that passes whatever comes out would prove nothing.
  it('fail when a record that came out is not expected', () => {
    const withRecords = all.filter(({ expected }) => Array.isArray(expected) && expected.length > 0);
    const passing = withRecords.filter((conformanceCase) => {
      const expected = (conformanceCase.expected as readonly unknown[]).slice(0, -1);
      return runConformanceCase({ ...conformanceCase, expected }).outcome === 'passed';
    });
    expect(withRecords.length).toBeGreaterThan(100);
    expect(passing.map(({ id }) => id)).toEqual([]);
  });

  it('leaves out only what is documented', () => {
    const skipped = all.filter((conformanceCase) => runConformanceCase(conformanceCase).outcome === 'skipped');
    expect(skipped.map(({ id }) => id)).toEqual(leftOut);
    expect(skipped.length).toBeLessThanOrEqual(Math.floor(all.length * 0.05));
  });
});
