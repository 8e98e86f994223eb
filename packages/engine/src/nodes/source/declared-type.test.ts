import { inferValueType } from '@millrace/expression';
import { describe, expect, it } from 'vitest';
import { validatePipeline } from '../../pipeline/validate-pipeline.ts';
import { sketch } from '../../testing/pipeline-sketch.ts';
import { untypedTopic } from '../../testing/topology-test-driver.ts';
import { topicCatalogue } from '../../topology/topic-catalogue.ts';

/** What is found about a source with the type, and a filter behind it, over a topic with records like `sample`. */
function judge(schema: string, condition: string, sample: unknown) {
  const topic = {
    ...untypedTopic('t', 1),
    value: sample === undefined ? ({ kind: 'unknown' } as const) : inferValueType(sample),
  };
  const validation = validatePipeline(
    sketch(
      'p',
      { s: ['source', { topic: 't', schema }], f: ['filter', { condition }], o: ['sink', { topic: 'out' }] },
      ['s > f', 'f > o'],
    ),
    topicCatalogue([topic]),
  );
  return validation.diagnostics.map(({ node, code, severity, message, span, fix }) => ({
    node,
    code,
    severity,
    message,
    span,
    fix,
  }));
}

describe('a declared type', () => {
  it('lets expressions be checked before the topic has any record', () => {
    expect(judge('{ delay: number }', 'value.delay > 15', undefined)).toEqual([]);
    expect(judge('{ delay: number }', 'value.dely > 15', undefined)).toMatchObject([
      { node: 'f', severity: 'error', message: expect.stringContaining('delay') },
    ]);
    expect(judge('', 'value.dely > 15', undefined)).toEqual([]);
  });

  it('counts more than the records, and says where they contradict it', () => {
    expect(judge('{ delay: number, note?: string }', 'value.note != null', { delay: 3 })).toEqual([]);
    expect(judge('{ delay: string }', 'value.delay == "x"', { delay: 3 })).toMatchObject([
      {
        node: 's',
        code: 'declared-type',
        severity: 'warning',
        message: 'delay is number in the records of t seen so far, and the type says string.',
        fix: { value: '{ delay: number }' },
      },
    ]);
    expect(judge('{ dely: number }', 'value.dely > 1', { delay: 3 })).toMatchObject([
      { node: 's', severity: 'warning', message: expect.stringMatching(/no.*field dely\. The closest is delay\./i) },
    ]);
    expect(judge('string', 'value == "x"', { delay: 3 })).toMatchObject([{ node: 's', severity: 'warning' }]);
  });

  it('is refused where it cannot be read, with the place', () => {
    expect(judge('{ delay: numbr }', 'value.delay > 1', undefined)).toMatchObject([
      { node: 's', code: 'declared-type', severity: 'error', span: { start: 9, end: 14 } },
    ]);
  });
});
