import { emptyPipeline } from '@millrace/engine';
import { describe, expect, it } from 'vitest';
import { idOfName, readPipelineText } from './pipeline-file.ts';

it.each([
  ['Flight delays', 'flight-delays'],
  ['  Größe & Zeit!  ', 'gro-e-zeit'],
  ['한국어', 'pipeline'],
  ['a'.repeat(90), 'a'.repeat(50)],
])('makes of the name %j the id %s', (name, id) => {
  expect(idOfName(name)).toBe(id);
});

describe('a file of one’s own', () => {
  it('is read when it is a pipeline', () => {
    const pipeline = emptyPipeline('p', 'P');
    expect(readPipelineText(JSON.stringify(pipeline))).toEqual({ ok: true, pipeline });
  });

  it('says where it is wrong', () => {
    const result = readPipelineText(JSON.stringify({ ...emptyPipeline('p', 'P'), colour: 'red' }));
    expect(result.ok ? [] : result.problems.join(' ')).toContain('colour');
    expect(readPipelineText('{').ok).toBe(false);
  });
});
