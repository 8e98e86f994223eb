import { hasErrors } from '../../pipeline/diagnostic.ts';
import type { Pipeline } from '../../pipeline/document.ts';
import { readPipeline } from '../../pipeline/read-pipeline.ts';
import { validatePipeline } from '../../pipeline/validate-pipeline.ts';
import { PolicyFailure } from '../../runtime/record-error.ts';
import { topicCatalogue } from '../../topology/topic-catalogue.ts';
import { type CaseResult, compared } from './case-result.ts';
import { CaseRun } from './case-run.ts';
import { type ConformanceCase, expectedEmissions } from './conformance-case.ts';
import { type Emission, emissionLine, shown } from './emission-line.ts';
import { Inexpressible } from './inexpressible.ts';
import { isExpectedError } from './known-errors.ts';
import { expectedStoreLines, storeLines } from './store-lines.ts';
import { type TranslatedCase, translateCase } from './translate-case.ts';

/** What stopped a run: the words of the error, and the input at which it came; -1 for a document that is refused. */
interface Stop {
  readonly atInput: number;
  readonly message: string;
}

/** Runs a case with records in and records out, by a real document, planned for real, in real tasks. */
export function runDataflowCase(conformanceCase: ConformanceCase): CaseResult {
  const translated = translateCase(conformanceCase);
  const { document } = translated;
  const read = readCasePipeline(translated);
  const expected = expectedLines(conformanceCase);
  if (!read.ok)
    return finish(conformanceCase, expected, [], { atInput: -1, message: read.problems.join('\n') }, document);
  const run = new CaseRun(read.pipeline, translated);
  const stop = feed(conformanceCase, run);
  const actual = run.emissions.map((emission) => actualLine(emission, conformanceCase));
  if (stop === null) {
    if (typeof conformanceCase.droppedRecords === 'number') actual.push(droppedLine(run.droppedRecords));
    for (const [store, rows] of Object.entries(conformanceCase.expectedStores ?? {})) {
      expected.push(...expectedStoreLines(store, rows));
      const node = translated.stores.get(store);
      if (node === undefined) throw new Inexpressible(`no operator has the store ${store}`);
      actual.push(...storeLines(store, run.rows(node), rows));
    }
  }
  return finish(conformanceCase, expected, actual, stop, document);
}

/** The pipeline of a translated case, or what is wrong with it. */
export function readCasePipeline(
  translated: TranslatedCase,
): { readonly ok: true; readonly pipeline: Pipeline } | { readonly ok: false; readonly problems: readonly string[] } {
  const read = readPipeline(translated.document);
  if (!read.ok)
    return { ok: false, problems: read.diagnostics.map(({ path, message }) => `${path.join('.')}: ${message}`) };
  const { diagnostics } = validatePipeline(read.pipeline, topicCatalogue(translated.topics));
  if (!hasErrors(diagnostics)) return { ok: true, pipeline: read.pipeline };
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  return {
    ok: false,
    problems: errors.map(({ node, path, message }) => `${node ?? ''} ${path.join('.')}: ${message}`),
  };
}

function feed({ topology, inputs }: ConformanceCase, run: CaseRun): Stop | null {
  const commits = topology.commitEachInput !== false;
  for (const [index, input] of inputs.entries()) {
    try {
      run.take(index, input, commits);
    } catch (error) {
      // Everything else is a defect of ours, which no case expects.
      if (!(error instanceof PolicyFailure)) throw error;
      return { atInput: index, message: error.message };
    }
  }
  return null;
}

function expectedLines(conformanceCase: ConformanceCase): string[] {
  const emissions = expectedEmissions.parse(conformanceCase.expected ?? []);
  const lines = emissions.map(({ after, sink, key, value, ts, window, headers }) =>
    emissionLine({
      after,
      sink,
      key: key ?? null,
      value: value ?? null,
      ts: ts ?? null,
      window: window ?? null,
      headers: headers ?? null,
    }),
  );
  const { droppedRecords, expectedError } = conformanceCase;
  if (!expectedError && typeof droppedRecords === 'number') lines.push(droppedLine(droppedRecords));
  return lines;
}

/** Side effects have no time in cases, so it is not looked at where none is expected. */
function actualLine(emission: Emission, { expected }: ConformanceCase): string {
  const ofSink = expectedEmissions.parse(expected ?? []).filter(({ sink }) => sink === emission.sink);
  const hasNoTime = ofSink.length > 0 && ofSink.every(({ ts }) => ts === undefined || ts === null);
  return emissionLine(hasNoTime ? { ...emission, ts: null } : emission);
}

function droppedLine(records: number): string {
  return `dropped records: ${records}`;
}

/** An error in the words of Kafka Streams is compared by what it tells of; a refused document by its being refused. */
function finish(
  { expectedError }: ConformanceCase,
  expected: readonly string[],
  actual: readonly string[],
  stop: Stop | null,
  document: unknown,
): CaseResult {
  if (!expectedError) {
    return compared(expected, stop === null ? actual : [...actual, stopLine(stop)], document);
  }
  const contains = expectedError.contains ?? null;
  const atInput = expectedError.atInput ?? null;
  const wanted = `stops${atInput === null ? '' : ` at input ${atInput}`}: ${contains ?? 'an error'}`;
  if (stop === null) return compared([...expected, wanted], actual, document);
  const isWanted =
    (atInput === null || atInput === stop.atInput) &&
    (contains === null || stop.atInput === -1 || isExpectedError(contains, stop.message));
  return compared([...expected, wanted], [...actual, isWanted ? wanted : stopLine(stop)], document);
}

function stopLine({ atInput, message }: Stop): string {
  return atInput === -1 ? `the document is refused: ${message}` : `stops at input ${atInput}: ${shown(message)}`;
}
