// Kafka Streams and Millrace, the same jobs on the same broker and data: npm run bench:kafka-streams -- [--quick] [--results FILE]
// README.md beside this says what is measured and how.
import { mkdtemp, readFile, rm, statfs } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { run as runProgram } from '../../scripts/kafka/distribution.mjs';
import { startKafka } from '../../scripts/kafka/start-kafka.mjs';
import { BenchTool } from './bench-tool.mjs';
import { jobs } from './pipelines.mjs';
import { costOf } from './process-cost.mjs';
import { buildOf, Results } from './results.mjs';
import { kafkaStreams, millrace, workerProgram } from './sides.mjs';
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
    guarantee: { type: 'string', default: 'both' },
    store: { type: 'string', default: 'rocksdb' },
    heap: { type: 'string' },
    'commit-ms': { type: 'string', default: '100' },
    'linger-ms': { type: 'string', default: '100' },
    'batch-bytes': { type: 'string', default: '262144' },
    compression: { type: 'string', default: 'none' },
    partitions: { type: 'string', default: '4' },
    brokers: { type: 'string' },
    results: { type: 'string' },
    worker: { type: 'string', default: workerProgram },
  },
});
const pairs = Number(values.pairs ?? (values.quick ? 1 : 5));
const sizes = [
  Number(values.small ?? (values.quick ? 100_000 : 2_000_000)),
  Number(values.large ?? (values.quick ? 400_000 : 10_000_000)),
];
const partitions = Number(values.partitions);
const limitMs = 600_000;
const guarantees = values.guarantee === 'both' ? ['exactly-once', 'at-least-once'] : [values.guarantee];
if (guarantees.some((name) => !['exactly-once', 'at-least-once'].includes(name))) {
  console.error('--guarantee is exactly-once, at-least-once or both.');
  process.exit(2);
}
const wanted = values.jobs.split(',');
const sides = values.sides
  .split(',')
  .map((name) => ({ 'kafka-streams': kafkaStreams, millrace })[name])
  .filter((side) => {
    const missing = side.missing(values.worker);
    if (missing !== null) console.log(`${side.name} is left out: ${missing}`);
    return missing === null;
  });

await assertSpace().catch(refuse);
const classPath = await compiled().catch(refuse);
const results = new Results(values.results, {
  sizes,
  partitions,
  commitIntervalMs: Number(values['commit-ms']),
  lingerMs: Number(values['linger-ms']),
  batchBytes: Number(values['batch-bytes']),
  compression: values.compression,
  store: values.store,
  heap: values.heap ?? null,
  sides: sides.map(({ name }) => name),
  build: build(),
});
if (results.pairs.length > 0) console.log(`${results.pairs.length} pairs are in ${values.results} already.`);
if (results.others > 0) {
  console.log(`${results.others} more were measured with other settings, or another build, and are left out.`);
}
/** What is still to be measured: pair by pair over all jobs, so that an early end leaves about as many of each. */
const missing = Array.from({ length: pairs }, (_, pair) =>
  guarantees.flatMap((guarantee) =>
    wanted.filter((job) => results.count(guarantee, job) <= pair).map((job) => ({ guarantee, job, pair })),
  ),
).flat();
if (missing.length === 0) {
  showTable();
  process.exit(0);
}
/** Begins the names of all topics of this run. */
const prefix = `bench-${process.pid}-`;
const auctions = `${prefix}auctions`;
const kafka =
  values.brokers === undefined ? await brokerOfOurOwn() : { brokers: values.brokers, stop: async () => undefined };
const tool = new BenchTool(classPath, kafka.brokers);
let runs = 0;
let running = null;
const scratchDirectories = [];
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => void end(1));
try {
  for (const side of sides) await side.warmUp();
  await fill();
  const compared = new Set();
  for (const { guarantee, job, pair } of missing) {
    const isFirst = !compared.has(`${guarantee} ${job}`);
    compared.add(`${guarantee} ${job}`);
    if (build() !== results.settings.build) {
      throw new Error('The worker was built anew meanwhile. Start again; what was measured stays in the file.');
    }
    results.add(await measure(job, guarantee, pair, isFirst));
  }
  showTable();
  await end(0);
} catch (error) {
  console.error(error.message);
  await end(1);
}

function build() {
  return sides.includes(millrace) ? buildOf(values.worker) : null;
}

function showTable() {
  const table = tableOf(results.pairs, sides, {
    sizes,
    cores: cpus().length,
    store: values.store,
    commitIntervalMs: values['commit-ms'],
    compression: values.compression,
  });
  console.log(`\n${table}`);
}

function refuse(error) {
  console.error(error.message);
  process.exit(1);
}

async function end(code) {
  running?.kill('SIGKILL');
  // A broker of our own is thrown away as a whole.
  if (values.brokers !== undefined) await tool.ask({ do: 'delete', prefix }).catch(() => undefined);
  for (const directory of scratchDirectories) await rm(directory, { recursive: true, force: true });
  tool.close();
  await kafka.stop();
  process.exit(code);
}

/**
 * One pair of a job: both sides at both sizes, in turn, so that what else the machine does meets both; the next pair begins with the other
 * side. With `isFirst` the outputs are compared before anything counts.
 */
async function measure(job, guarantee, pair, isFirst) {
  console.log(`\n${job}, ${guarantee}, pair ${pair + 1}`);
  const measured = [];
  let same = null;
  for (const records of sizes) {
    const isCompared = isFirst && sides.length === 2 && records === sizes[0];
    const ids = [];
    for (const side of pair % 2 === 0 ? sides : sides.toReversed()) {
      const { id, figures } = await runOnce(side, job, guarantee, records);
      measured.push({ records, ...figures });
      ids.push(id);
      const { side: name, seconds, cpuSeconds, peakMib, firstSeconds } = figures;
      console.log(
        `  ${name.padEnd(14)} ${records} records: ${seconds.toFixed(2)} s, CPU ${cpuSeconds.toFixed(2)} s, ${peakMib.toFixed(0)} MiB, first result after ${firstSeconds.toFixed(2)} s`,
      );
      if (!isCompared) await forget(id);
    }
    if (!isCompared) continue;
    same = await compare(ids.map(outputOf));
    for (const id of ids) await forget(id);
  }
  return { guarantee, job, pair, compared: same, runs: measured };
}

/** All that a run wrote, its changelogs too: ten million records are gigabytes. */
async function forget(id) {
  await tool.ask({ do: 'delete', prefix: `${id}-` });
}

async function compare([left, right]) {
  const { keys, records, differences, examples } = await tool.ask({ do: 'compare', left, right });
  if (differences > 0) throw new Error(`The outputs differ at ${differences} keys:\n${examples.join('\n')}`);
  console.log(`  the same results on both sides: ${records} records of ${keys} keys`);
  return { records, keys };
}

async function runOnce(side, job, guarantee, records) {
  const id = `${prefix}${++runs}`;
  const output = outputOf(id);
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
    table: auctions,
    output,
    partitions,
    guarantee,
    commitIntervalMs: Number(values['commit-ms']),
    scratch,
    options: {
      classPath,
      worker: values.worker,
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
    id,
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
  return `${prefix}bids-${records}`;
}

function outputOf(id) {
  return `${id}-results`;
}

async function fill() {
  for (const records of sizes) {
    console.log(`Filling ${inputOf(records)} …`);
    await tool.ask({ do: 'create', topic: inputOf(records), partitions });
    await tool.ask({ do: 'fill-bids', topic: inputOf(records), records, seed: 1 });
  }
  await tool.ask({ do: 'create', topic: auctions, partitions });
  await tool.ask({ do: 'fill-auctions', topic: auctions });
}

/** A broker at full speed: the one of npm run kafka is made to start fast. What is deleted gives its space back at once. */
async function brokerOfOurOwn() {
  console.log('Starting Kafka …');
  return startKafka({
    jvm: ['-XX:TieredStopAtLevel=4', '-Xmx1g'],
    properties: { 'log.segment.delete.delay.ms': 1000 },
    announce: (what) => console.log(what),
  });
}

/** The inputs, and what both sides write of the larger one: outputs and changelogs, RocksDB's files beside them. */
async function assertSpace() {
  const [small, large] = sizes;
  const neededBytes = (small + large) * 220 + large * 2 * 500 + 1e9;
  const { bavail, bsize } = await statfs(tmpdir());
  if (bavail * bsize >= neededBytes) return;
  const gib = (bytes) => (bytes / 2 ** 30).toFixed(1);
  throw new Error(
    `${tmpdir()} has ${gib(bavail * bsize)} GiB left, and this may take ${gib(neededBytes)}. Free some, set TMPDIR to another place, or choose smaller sizes.`,
  );
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
