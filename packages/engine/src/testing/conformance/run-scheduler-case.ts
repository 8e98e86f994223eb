import { filterProcessor } from '../../nodes/filter/filter.ts';
import { processors } from '../../nodes/processors.ts';
import { readPipeline } from '../../pipeline/read-pipeline.ts';
import { RecordedRun } from '../../run/recorded-run.ts';
import type { ProcessorFactory } from '../../runtime/processor.ts';
import type { PunctuationPlan } from '../../runtime/punctuation.ts';
import { planTopology } from '../../topology/plan-topology.ts';
import { topicCatalogue } from '../../topology/topic-catalogue.ts';
import { untypedTopic } from '../topology-test-driver.ts';
import { type CaseResult, compared } from './case-result.ts';
import type { ConformanceCase } from './conformance-case.ts';
import { shown } from './emission-line.ts';
import { Inexpressible } from './inexpressible.ts';
import { isObject, numberField } from './operator-fields.ts';

/**
 * Runs a case about the choice of the next record and about punctuation: a task that reads the case's partitions, each a topic of its own,
 * with a schedule on its way, and notes what comes when.
 */
export function runSchedulerCase({ topology, inputs, expected }: ConformanceCase): CaseResult {
  const partitions = Array.isArray(topology.partitions) ? topology.partitions.map(String) : ['records'];
  const punctuated: number[] = [];
  const processed: number[] = [];
  const run = schedulerRun(partitions, punctuationPlan(topology.punctuate), {
    punctuated: (now) => punctuated.push(now),
    processed: (timestamp) => processed.push(timestamp),
  });
  let wallClockMs = 0;
  run.advanceWallClock(wallClockMs);
  for (const input of inputs) {
    if (typeof input.add === 'string') {
      const times = Array.isArray(input.ts) ? input.ts.map(Number) : [Number(input.ts)];
      run.pipe(
        input.add,
        0,
        times.map((timestamp) => ({ key: 'k', value: '1', timestamp, headers: [] })),
      );
    } else if (typeof input.advance === 'number') {
      wallClockMs += input.advance;
      run.advanceWallClock(wallClockMs);
    } else if (typeof input.process === 'number' || typeof input.next === 'number') {
      for (let count = Number(input.process ?? input.next); count > 0; count--) run.step();
    } else if (Object.keys(input).some((name) => name.startsWith('process'))) {
      while (run.step()) {
        // Until nothing waits.
      }
    } else {
      throw new Inexpressible(`the scheduler's input ${shown(input)} is not known`);
    }
  }
  if (!isObject(expected)) throw new Inexpressible('a scheduler case without expectations by name');
  const actual: { readonly [name: string]: readonly number[] } = {
    processedOrder: processed,
    punctuatedAt: punctuated,
  };
  const names = Object.keys(expected);
  const unknown = names.find((name) => actual[name] === undefined);
  if (unknown !== undefined) throw new Inexpressible(`the scheduler's result ${unknown} is not known`);
  return compared(
    names.map((name) => `${name}: ${shown(expected[name])}`),
    names.map((name) => `${name}: ${shown(actual[name])}`),
  );
}

function punctuationPlan(punctuate: unknown): PunctuationPlan | null {
  if (!isObject(punctuate)) return null;
  return {
    everyMs: numberField(punctuate, 'intervalMs'),
    by: punctuate.type === 'wallClock' ? 'wall-clock' : 'stream-time',
  };
}

/** The schedule sits in the node that all records pass. */
function schedulerRun(
  partitions: readonly string[],
  plan: PunctuationPlan | null,
  notes: { readonly punctuated: (nowMs: number) => void; readonly processed: (timestamp: number) => void },
): RecordedRun {
  const pass =
    partitions.length === 1 ? null : { id: 'all', kind: 'merge', name: 'all', config: { inputs: partitions.length } };
  const sources = partitions.map((topic, index) => ({
    id: `partition-${index + 1}`,
    kind: 'source',
    name: topic,
    config: { topic, keyFormat: 'string' },
  }));
  const read = readPipeline({
    formatVersion: 1,
    id: 'scheduler',
    name: 'scheduler',
    nodes: [
      ...sources,
      ...(pass === null ? [] : [pass]),
      { id: 'watched', kind: 'filter', name: 'watched', config: { condition: 'true' } },
      { id: 'processed', kind: 'sink', name: 'processed', config: { topic: 'processed', partitions: 1 } },
    ],
    edges: [
      ...sources.map(({ id }, index) => ({
        from: `${id}.out`,
        to: pass === null ? 'watched.in' : `${pass.id}.in-${index + 1}`,
      })),
      ...(pass === null ? [] : [{ from: `${pass.id}.out`, to: 'watched.in' }]),
      { from: 'watched.out', to: 'processed.in' },
    ],
  });
  if (!read.ok) throw new Error(read.diagnostics.map(({ message }) => message).join('\n'));
  const topology = planTopology(read.pipeline, topicCatalogue(partitions.map((topic) => untypedTopic(topic))));
  const watched: ProcessorFactory = (context) => {
    if (plan !== null) context.schedule(plan, notes.punctuated);
    return filterProcessor(context);
  };
  return new RecordedRun(topology, { ...processors, filter: watched }, (record) => {
    if (record.topic === 'processed') notes.processed(record.timestamp);
  });
}
