import { planTopology } from '../../topology/plan-topology.ts';
import { topicCatalogue } from '../../topology/topic-catalogue.ts';
import type { CaseResult } from './case-result.ts';
import type { ConformanceCase } from './conformance-case.ts';
import { parseDescription } from './parse-description.ts';
import { planDescription } from './plan-description.ts';
import { readCasePipeline } from './run-dataflow-case.ts';
import { isSameShape, shapeLines, topologyShape } from './topology-shape.ts';
import { translateCase } from './translate-case.ts';

/** Compares the plan of a case's pipeline with Kafka Streams' description of its topology, up to names; see {@link topologyShape}. */
export function runDescribeCase(conformanceCase: ConformanceCase, description: readonly string[]): CaseResult {
  const translated = translateCase(conformanceCase);
  const { document } = translated;
  const expected = topologyShape(parseDescription(description));
  const read = readCasePipeline(translated);
  if (!read.ok) return { outcome: 'failed', expected: shapeLines(expected), actual: read.problems, document };
  const actual = topologyShape(
    planDescription(planTopology(read.pipeline, topicCatalogue(translated.topics)), translated.addedSink),
  );
  if (isSameShape(expected, actual)) return { outcome: 'passed' };
  return { outcome: 'failed', expected: shapeLines(expected), actual: shapeLines(actual), document };
}
