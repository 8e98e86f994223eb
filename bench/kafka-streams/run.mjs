// Kafka Streams and Millrace, the same jobs on the same broker and data: npm run bench:kafka-streams -- [--quick]
// README.md beside this says what is measured and how.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { run as runProgram } from '../../scripts/kafka/distribution.mjs';
import { startKafka } from '../../scripts/kafka/start-kafka.mjs';
import { BenchTool } from './bench-tool.mjs';
import { jobs } from './pipelines.mjs';
import { costOf } from './process-cost.mjs';
import { kafkaStreams, millrace } from './sides.mjs';
import { tableOf } from './table.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    jobs: { type: 'string', default: jobs.join(',') },
    sides: { type: 'string', default: 'kafka-streams,millrace' },
    pairs: { type: 'string' },
    small: { type: 'string' },
    large: { type: 'string' },
    guarantees: { type: 'string', default: 'exactly-once,at-least-once' },
    store: { type: 'string', default: 'rocksdb' },
    heap: { type: 'string' },
    'commit-ms': { type: 'string', default: '100' },
    'linger-ms': { type: 'string', default: '100' },
    'batch-bytes': { type: 'string', default: '262144' },
    compression: { type: 'string', default: 'none' },
    partitions: { type: 'string', default: '4' },
    brokers: { type: 'string' },
    results: { type: 'string' },
  },
});
const pairs = Number(values.pairs ?? (values.quick ? 1 : 5));
const sizes = [
  Number(values.small ?? (values.quick ? 100_000 : 2_000_000)),
  Number(values.large ?? (values.quick ? 400_000 : 10_000_000)),
];
const partitions = Number(values.partitions);
const limitMs = 600_000;
const sides = values.sides
  .split(',')
  .map((name) => ({ 'kafka-streams': kafkaStreams, millrace })[name])
  .filter((side) => {
    const missing = side.missing();
    if (missing !== null) console.log(`${side.name} is left out: ${missing}`);
    return missing === null;
  });

const classPath = await compiled().catch((error) => {
  console.error(error.message);
  process.exit(1);
});
const kafka =
  values.brokers === undefined ? await brokerOfOurOwn() : { brokers: values.brokers, stop: async () => undefined };
const tool = new BenchTool(classPath, kafka.brokers);
const measured = [];
let runs = 0;
let running = null;
const scratchDirectories = [];
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => void end(1));
try {
  for (const side of sides) await side.warmUp();
  await fill();
  for (const guarantee of values.guarantees.split(',')) {
    for (const job of values.jobs.split(',')) await measure(job, guarantee);
  }
  const table = tableOf(measured, sides, {
    pairs,
    sizes,
    cores: cpus().length,
    store: values.store,
    commitIntervalMs: values['commit-ms'],
  });
  console.log(`\n${table}`);
  if (values.results !== undefined) await writeFile(values.results, `${JSON.stringify(measured, null, 1)}\n`);
  await end(0);
} catch (error) {
  console.error(error.message);
  await end(1);
}

async function end(code) {
  running?.kill('SIGKILL');
  for (const directory of scratchDirectories) await rm(directory, { recursive: true, force: true });
  tool.close();
  await kafka.stop();
  process.exit(code);
}

/** The pairs of a job, in turn, so that what else the machine does meets both sides. Outputs are compared before anything is measured. */
async function measure(job, guarantee) {
  console.log(`\n${job}, ${guarantee}`);
  for (let pair = 0; pair < pairs; pair++) {
    for (const records of sizes) {
      const outputs = [];
      for (const side of pair % 2 === 0 ? sides : sides.toReversed()) {
        const result = await runOnce(side, job, guarantee, records);
        measured.push({ job, guarantee, pair, records, ...result.figures });
        outputs.push(result.output);
        const { side: name, seconds, cpuSeconds, peakMib, firstSeconds } = result.figures;
        console.log(
          `  ${name.padEnd(14)} ${records} records: ${seconds.toFixed(2)} s, CPU ${cpuSeconds.toFixed(2)} s, ${peakMib.toFixed(0)} MiB, first result after ${firstSeconds.toFixed(2)} s`,
        );
      }
      if (pair === 0 && outputs.length === 2 && records === sizes[0]) await compare(outputs);
      for (const output of outputs) await tool.ask({ do: 'delete', prefix: output });
    }
  }
}

async function compare([left, right]) {
  const { keys, records, differences, examples } = await tool.ask({ do: 'compare', left, right });
  if (differences > 0) throw new Error(`The outputs differ at ${differences} keys:\n${examples.join('\n')}`);
  console.log(`  the same results on both sides: ${records} records of ${keys} keys`);
}

async function runOnce(side, job, guarantee, records) {
  const id = `bench-${process.pid}-${++runs}`;
  const output = `${id}-results`;
  const scratch = await mkdtemp(join(tmpdir(), 'millrace-bench-'));
  scratchDirectories.push(scratch);
  const input = inputOf(records);
  await tool.ask({ do: 'create', topic: output, partitions });
  const beginMs = Date.now();
  const { child, group } = await side.start({
    job,
    id,
    brokers: kafka.brokers,
    input,
    table: 'bench-auctions',
    output,
    partitions,
    guarantee,
    commitIntervalMs: Number(values['commit-ms']),
    scratch,
    options: {
      classPath,
      store: values.store,
      heap: values.heap,
      lingerMs: values['linger-ms'],
      batchBytes: values['batch-bytes'],
      compression: values.compression,
    },
  });
  running = child;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const brokerBefore = brokerCpu();
  const watched = await Promise.race([
    tool.ask({ do: 'watch', group, input, output, limitMs }),
    ended.then(async () => {
      throw new Error(
        `${side.name} ended before ${job} was done. It said:\n${await readFile(join(scratch, 'log.txt'), 'utf8')}`,
      );
    }),
  ]);
  const cost = costOf(child.pid);
  child.removeAllListeners('exit');
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
  running = null;
  await rm(scratch, { recursive: true, force: true });
  return {
    output,
    figures: {
      side: side.name,
      seconds: (watched.doneMs - beginMs) / 1000,
      firstSeconds: (watched.firstMs - beginMs) / 1000,
      brokerCpuSeconds: brokerCpu() - brokerBefore,
      ...cost,
    },
  };
}

function brokerCpu() {
  return kafka.pid === undefined ? 0 : costOf(kafka.pid(1)).cpuSeconds;
}

function inputOf(records) {
  return `bench-bids-${records}`;
}

async function fill() {
  for (const records of sizes) {
    console.log(`Filling ${inputOf(records)} …`);
    await tool.ask({ do: 'create', topic: inputOf(records), partitions });
    await tool.ask({ do: 'fill-bids', topic: inputOf(records), records, seed: 1 });
  }
  await tool.ask({ do: 'create', topic: 'bench-auctions', partitions });
  await tool.ask({ do: 'fill-auctions', topic: 'bench-auctions' });
}

/** A broker at full speed: the one of npm run kafka is made to start fast. */
async function brokerOfOurOwn() {
  console.log('Starting Kafka …');
  return startKafka({ jvm: ['-XX:TieredStopAtLevel=4', '-Xmx1g'], announce: (what) => console.log(what) });
}

/** The class path of the Java side, compiled by Maven when its sources are newer. */
async function compiled() {
  console.log('Building the Java side …');
  const { code, output } = await runProgram('mvn', [
    '--quiet',
    '--batch-mode',
    '--file',
    join(here, 'pom.xml'),
    'compile',
    'dependency:build-classpath',
    '-DincludeScope=runtime',
    `-Dmdep.outputFile=${join(here, 'dist', 'classpath.txt')}`,
  ]);
  if (code === 127) throw new Error('Maven (mvn) was not found. Install Maven and Java 17.');
  if (code !== 0) throw new Error(`Maven could not build the Java side:\n${output}`);
  return `${join(here, 'dist', 'classes')}:${(await readFile(join(here, 'dist', 'classpath.txt'), 'utf8')).trim()}`;
}
