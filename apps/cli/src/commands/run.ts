import { setImmediate } from 'node:timers/promises';
import {
  assert,
  type Counters,
  deadLetterHeaders,
  defaultGeneratedRecords,
  GeneratedTopics,
  type KeyFormat,
  missingFates,
  type Pipeline,
  PolicyFailure,
  planTopology,
  processors,
  RecordedRun,
  type SinkSpec,
  type Topology,
} from '@millrace/engine';
import { CommandFailure } from '../command-failure.ts';
import { type InputFiles, readInputs } from '../input-option.ts';
import { OutputDirectory, type OutputFile } from '../output-directory.ts';
import { checkPipeline, readPipelineFile } from '../pipeline-file.ts';
import { deadLetterLine, recordLine, storeLine } from '../record-line.ts';
import type { RecordedTopic } from '../recorded-topic.ts';
import { runSummary } from '../run-summary.ts';
import { sourceCatalogue, sourceTopics } from '../source-topics.ts';

export interface RunOptions {
  readonly input: InputFiles;
  readonly output: string;
  readonly stores: boolean;
  readonly close: boolean;
  /** Of each partition of a generator; undefined: all that it makes, or the usual number where it makes them without end. */
  readonly records?: number | undefined;
  /** Of every input topic; undefined: as many as the inputs name. */
  readonly partitions?: number | undefined;
}

/** External records between two looks at whether the user has had enough. */
const recordsBetweenTurns = 5000;
const interruptedExitCode = 130;
const strictUtf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Runs a pipeline over recorded topics to their end, and leaves a file for each topic that it writes.
 * @throws CommandFailure; the output directory is then as it was
 */
export async function run(path: string, options: RunOptions): Promise<void> {
  const startedMs = performance.now();
  const file = await readPipelineFile(path);
  const { pipeline } = file;
  // Mistakes that show without records come before anything is read, warnings only once more is known.
  checkPipeline(file, sourceCatalogue(pipeline, 1));
  assertRecordable(path, pipeline, options.input);
  const topics = await readInputs(pipeline, options.input);
  const partitions =
    options.partitions ?? 1 + Math.max(0, ...[...topics.values()].map((topic) => topic.greatestPartition));
  const knowledge = new Map([...topics].map(([name, topic]) => [name, topic.knowledge]));
  const catalogue = sourceCatalogue(pipeline, partitions, knowledge);
  for (const line of checkPipeline(file, catalogue)) console.error(line);
  const topology = planTopology(pipeline, catalogue);
  const counters = await runInto(options, topology, topics, partitions);
  for (const [node, counted] of counters) assert(missingFates(counted) === 0, `the fates of ${node} do not balance`);
  console.error(runSummary(pipeline, counters));
  console.error(
    `Done in ${((performance.now() - startedMs) / 1000).toFixed(1)} s. The output is in ${options.output}.`,
  );
}

/** Every source needs a recording. */
function assertRecordable(path: string, pipeline: Pipeline, inputs: InputFiles): void {
  const sources = sourceTopics(pipeline);
  const missing = [...sources.keys()].filter((topic) => !inputs.has(topic));
  if (missing.length > 0) {
    throw new CommandFailure(
      missing.map((topic) => `${path}: The source topic ${topic} has no input. Add --input ${topic}=FILE.`),
    );
  }
}

async function runInto(
  options: RunOptions,
  topology: Topology,
  topics: ReadonlyMap<string, RecordedTopic>,
  partitions: number,
): Promise<ReadonlyMap<string, Counters>> {
  const interruption = new AbortController();
  const interrupt = (): void => interruption.abort();
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  const directory = await OutputDirectory.open(options.output);
  try {
    const outputs = new TopicFiles(topology, directory);
    const recorded = new RecordedRun(
      topology,
      processors,
      (record) => outputs.write(record),
      (topic) => outputs.takes(topic),
    );
    for (const [name, topic] of topics) {
      for (const { partition, records } of topic.takeBatches(partitions)) recorded.pipe(name, partition, records);
    }
    const generated = new GeneratedTopics(topology);
    for (const line of announceGenerated(generated, options.records)) console.error(line);
    generated.pipeInto(recorded, options.records ?? null);
    await drain(recorded, interruption.signal);
    if (options.close) recorded.close();
    if (options.stores) {
      for (const store of topology.stores) {
        const file = directory.begin(`${store.name}.store.ndjson`);
        for (const row of recorded.rows(store)) file.write(storeLine(row));
      }
    }
    await directory.publish(outputs.absent);
    return recorded.counters();
  } catch (error) {
    await directory.discard();
    if (error instanceof PolicyFailure) throw new CommandFailure([error.message]);
    throw error;
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
}

/** A run ends, and a generator may not: where it is cut is said. */
function announceGenerated(generated: GeneratedTopics, records: number | undefined): readonly string[] {
  const endless = generated.topics().filter(({ isEndless }) => isEndless);
  if (endless.length === 0 || records !== undefined) return [];
  const count = defaultGeneratedRecords.toLocaleString('en-US');
  return endless.map(
    ({ node }) =>
      `The generator ${node} makes records without end. This run takes ${count} of each of its partitions; say another number with --records.`,
  );
}

async function drain(recorded: RecordedRun, signal: AbortSignal): Promise<void> {
  while (recorded.steps(recordsBetweenTurns)) {
    await setImmediate();
    if (signal.aborted) throw new CommandFailure(['Interrupted. Nothing was written.'], interruptedExitCode);
  }
}

/** The files of the sinks' topics, and of the dead letters once there is one. */
class TopicFiles {
  readonly #topology: Topology;
  readonly #directory: OutputDirectory;
  readonly #sinks = new Map<string, { readonly sink: SinkSpec; readonly file: OutputFile }>();
  #deadLetters: OutputFile | null = null;

  constructor(topology: Topology, directory: OutputDirectory) {
    this.#topology = topology;
    this.#directory = directory;
    for (const sink of topology.subTopologies.flatMap(({ sinks }) => sinks)) {
      if (sink.internal) continue;
      // Sinks that write one topic write it alike; validation sees to that.
      if (!this.#sinks.has(sink.topic))
        this.#sinks.set(sink.topic, { sink, file: directory.begin(`${sink.topic}.ndjson`) });
    }
  }

  /** Files that this run has nothing for. */
  get absent(): readonly string[] {
    return this.#deadLetters === null ? [this.#deadLetterName] : [];
  }

  get #deadLetterName(): string {
    return `${this.#topology.deadLetterTopic}.ndjson`;
  }

  /** Whether a topic's records are written; changelogs are not, since stores are written as rows. */
  takes(topic: string): boolean {
    return topic === this.#topology.deadLetterTopic || this.#sinks.has(topic);
  }

  write(record: Parameters<typeof recordLine>[0]): void {
    if (record.topic === this.#topology.deadLetterTopic) {
      this.#deadLetters ??= this.#directory.begin(this.#deadLetterName);
      this.#deadLetters.write(deadLetterLine(record, this.#keyFormatsOf(failedNode(record))));
      return;
    }
    const output = this.#sinks.get(record.topic);
    if (output === undefined) return;
    output.file.write(recordLine(record, output.sink));
  }

  #keyFormatsOf(node: string): readonly KeyFormat[] {
    const parts = this.#topology.subTopologies.flatMap(({ sources, processors, sinks }) => [
      ...sources,
      ...processors,
      ...sinks,
    ]);
    return [...new Set(parts.filter((part) => part.node === node).map((part) => part.keyFormat))];
  }
}

function failedNode({ headers = [] }: Parameters<typeof deadLetterLine>[0]): string {
  const value = headers.find(({ name }) => name === deadLetterHeaders.node)?.value ?? null;
  return value === null ? '' : strictUtf8.decode(value);
}
