import { describe, expect, it } from 'vitest';
import { readPipeline } from './read-pipeline.ts';

const minimal = { formatVersion: 1, id: 'p', name: 'P', nodes: [], edges: [] };
const node = { id: 'a', kind: 'filter', name: 'A', config: { condition: 'true' } };

function problems(json: unknown): readonly (readonly [path: string, message: string])[] {
  const result = readPipeline(json);
  if (result.ok) return [];
  for (const one of result.diagnostics) expect(one).toMatchObject({ code: 'document', severity: 'error', node: null });
  return result.diagnostics.map((one) => [one.path.join('.'), one.message]);
}

describe('reading a pipeline', () => {
  it('fills in what a short document leaves out', () => {
    const result = readPipeline(minimal);
    expect(result.ok && result.pipeline).toEqual({
      ...minimal,
      description: '',
      settings: {
        guarantee: 'exactly-once',
        commitIntervalMs: 100,
        errorPolicy: 'dead-letter',
        cacheBytes: 0,
        maxIdleMs: 0,
        emitIntervalMs: 0,
      },
      layout: { nodes: [], notes: [] },
    });
  });

  it('reads what it wrote', () => {
    const first = readPipeline({ ...minimal, nodes: [node], edges: [{ from: 'a.out', to: 'a.in' }] });
    expect(first.ok).toBe(true);
    if (first.ok) expect(readPipeline(JSON.parse(JSON.stringify(first.pipeline)))).toEqual(first);
  });

  it('refuses unknown fields with their path', () => {
    expect(problems({ ...minimal, colour: 'red' })).toMatchObject([['colour', expect.stringContaining('colour')]]);
    expect(problems({ ...minimal, nodes: [{ ...node, x: 1, y: 2 }] }).map(([path]) => path)).toEqual([
      'nodes.0.x',
      'nodes.0.y',
    ]);
    expect(problems({ ...minimal, settings: { speed: 1 } }).map(([path]) => path)).toEqual(['settings.speed']);
    expect(problems({ ...minimal, edges: [{ from: 'a.out', to: 'b.in', via: 'c' }] }).map(([path]) => path)).toEqual([
      'edges.0.via',
    ]);
  });

  it('refuses wrong fields with their path', () => {
    expect(problems({ ...minimal, id: 'No Spaces' }).map(([path]) => path)).toEqual(['id']);
    expect(problems({ ...minimal, edges: [{ from: 'a', to: 'b.in' }] }).map(([path]) => path)).toEqual([
      'edges.0.from',
    ]);
    expect(problems({ ...minimal, settings: { commitIntervalMs: 1 } }).map(([path]) => path)).toEqual([
      'settings.commitIntervalMs',
    ]);
    expect(
      problems({ formatVersion: 1 })
        .map(([path]) => path)
        .sort(),
    ).toEqual(['edges', 'id', 'name', 'nodes']);
  });

  it.each([null, undefined, 5, 'text', [], true])('refuses %j, which is no document', (json) => {
    expect(problems(json).length).toBeGreaterThan(0);
  });

  it('says to update when the document is newer than this code', () => {
    expect(problems({ ...minimal, formatVersion: 2, novelty: true })).toEqual([
      ['formatVersion', expect.stringMatching(/format version 2; this Millrace reads up to 1\. Update/)],
    ]);
    expect(problems({ ...minimal, formatVersion: '1' }).map(([path]) => path)).toEqual(['formatVersion']);
    expect(problems({ ...minimal, formatVersion: 0 }).map(([path]) => path)).toEqual(['formatVersion']);
  });

  it('refuses __proto__ wherever it stands, and changes no prototype', () => {
    const text = JSON.stringify(minimal);
    expect(problems(JSON.parse(text.replace('{', '{"__proto__":{"polluted":1},'))).map(([path]) => path)).toEqual([
      '__proto__',
    ]);
    const inConfig = JSON.parse(
      JSON.stringify({ ...minimal, nodes: [node] }).replace('{"condition"', '{"__proto__":{"polluted":1},"condition"'),
    );
    expect(problems(inConfig).map(([path]) => path)).toEqual(['nodes.0.config.__proto__']);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it('refuses a document nested beyond all reason, without running out of stack', () => {
    const deep = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`);
    expect(problems({ ...minimal, nodes: [{ ...node, config: { condition: deep } }] })).toEqual([
      [expect.stringMatching(/^nodes\.0\.config\.condition\.0/), expect.stringMatching(/nested/)],
    ]);
    expect(problems(deep).length).toBe(1);
  });
});
