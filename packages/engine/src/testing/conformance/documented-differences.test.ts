import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import cases from '../../../conformance/cases.json' with { type: 'json' };
import { aggregate } from '../../nodes/aggregate/aggregate.ts';
import { readConformanceCases } from './conformance-case.ts';
import { runConformanceCase } from './run-conformance-case.ts';

const sourceRoot = new URL('../../', import.meta.url);
const semantics = readFileSync(new URL('../../../docs/semantics.md', sourceRoot), 'utf8');
const all = readConformanceCases(cases);

/** The last cell of each row of the table under a heading. */
function lastCells(heading: string): readonly string[] {
  const [, section = ''] = semantics.split(`\n${heading}\n`);
  const rows =
    section
      .split(/\n#{2,} /)[0]
      ?.split('\n')
      .filter((line) => line.startsWith('|')) ?? [];
  return rows.slice(2).map((row) => row.split('|').at(-2)?.trim() ?? '');
}

describe('what docs/semantics.md says', () => {
  const pins = lastCells('## Different on purpose').flatMap((cell) => cell.split('; '));

  it('has a test or a case for each difference', () => {
    expect(pins.length).toBeGreaterThan(10);
    expect(pins.filter((pin) => !/^`[^`]+`/.test(pin))).toEqual([]);
  });

  it.each(pins)('is held by %s', (pin) => {
    const [, place = '', title = ''] = /^`([^`]+)` ?(.*)$/.exec(pin) ?? [];
    if (place.endsWith('.test.ts')) {
      expect(title).not.toBe('');
      const isThere = readFileSync(new URL(place, sourceRoot), 'utf8').includes(`('${title}'`);
      expect(isThere, `${place} has no test called ${title}`).toBe(true);
    } else {
      expect(all.map(({ id }) => id)).toContain(place);
    }
  });

  it('names every case that is skipped, and no other', () => {
    const named = lastCells('### Left out').flatMap((cell) => (cell === 'none' ? [] : [cell.replaceAll('`', '')]));
    const skipped = all.filter((conformanceCase) => runConformanceCase(conformanceCase).outcome === 'skipped');
    expect(named.toSorted()).toEqual(skipped.map(({ id }) => id).toSorted());
  });
});

describe('an aggregate', () => {
  it('keeps windows for a day unless it is told otherwise', () => {
    const { retentionMs } = aggregate.config.parse({ ...aggregate.example.config, retentionMs: undefined });
    expect(retentionMs).toBe(24 * 60 * 60 * 1000);
  });
});
