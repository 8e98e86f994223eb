import assert from 'node:assert/strict';
import { cpus } from 'node:os';
import type { EncodedBatch } from '@millrace/engine';
import { EngineJob } from './engine-job.ts';
import { LogToLog } from './log-to-log.ts';
import { type Contender, type Measured, measure, median, spread } from './measure.ts';
import { profile } from './profile.ts';
import { ratioSections } from './ratios/ratios.ts';
import { outputTexts, type RoundInput, type Workload } from './workload.ts';
import { changedFieldWorkload } from './workloads/changed-field.ts';
import { flightsWorkload } from './workloads/flights.ts';
import { paymentsWorkload, scannedPayments } from './workloads/payments.ts';

const [section = '', exampleDirectory = '', floorSource = '', ...flags] = process.argv.slice(2);
const quick = flags.includes('--quick');
const rounds = { warmUp: 3, measured: quick ? 5 : 9 };
const records = quick ? 100_000 : 200_000;

const flights = (): Workload => flightsWorkload(exampleDirectory, records / 20_000);
const payments = (): Workload => paymentsWorkload(records);

function sameDecode(workload: Workload): Workload {
  return { ...workload, name: `${workload.name}, both with the engine's way to read values` };
}

interface Round extends RoundInput {
  readonly records: number;
}

/** Each runs in a process of its own: a worker serves one pipeline, and code that served another before is slower. */
const sections: { readonly [name: string]: () => Promise<void> } = {
  heading: printHeading,
  flights: () => compareWithLoop(flights()),
  payments: () => compareWithLoop(payments()),
  'payments-same-decode': () => compareWithLoop(sameDecode(paymentsWorkload(records, 0, scannedPayments()))),
  'changed-field': () => compareWithLoop(changedFieldWorkload(records)),
  'log-to-log': () => compareWithMemory(payments()),
  ...ratioSections({ floorSource, records, rounds }),
  'profile-flights': () => profile(flights()),
  'profile-payments': () => profile(payments()),
};

const run = sections[section];
if (run === undefined) throw new Error(`There is no part ${section}; there are: ${Object.keys(sections).join(', ')}`);
await run();

async function printHeading(): Promise<void> {
  console.log(
    `Node.js ${process.version} on ${cpus().length} × ${cpus()[0]?.model.trim()}, ${new Date().toISOString().slice(0, 10)}
CPU time of a process: user and system, all its threads, garbage collection included. Both sides go on from round to round in turn,
${records.toLocaleString('en-US')} records a round; the median of ${rounds.measured} rounds after ${rounds.warmUp} to warm up, and how far the others lie from it.
`,
  );
}

async function compareWithLoop(workload: Workload): Promise<void> {
  const engine = engineContender(workload);
  const loop = loopContender(workload);
  const measured = await measure([engine, loop], roundsOf(workload, [engine, loop]), rounds);
  console.log(workload.name);
  print(
    measured[0],
    'the pipeline as a worker runs it, in memory: tasks, commits, changelogs, tables, positions, counters',
  );
  print(measured[1], 'the same answer in plain code with a Map and the same output batches, no changelog');
  printRatio('engine ÷ loop', measured, workload.goal);
}

async function compareWithMemory(workload: Workload): Promise<void> {
  const job = await LogToLog.open(workload, { payments: 1 });
  try {
    const log: Checked = {
      name: 'log to log',
      prepare: ({ partitions }) => job.feed(partitions),
      run: () => job.run(),
      output: () => job.takeOutput(),
    };
    const memory = engineContender(workload);
    const measured = await measure([log, memory], roundsOf(workload, [log, memory]), rounds);
    console.log(`Log to log through the embedded backend: ${workload.name}`);
    print(
      measured[0],
      'read from the log on disk, commit to it, the store follows on disk; everything flushed at the end',
    );
    print(measured[1], 'the engine alone, as above');
    printRatio('log ÷ memory', measured, 'what durability costs');
    const perSecond = Math.round(1e9 / median(measured[0]?.wallNs ?? []));
    console.log(
      `  by the clock       ${perSecond.toLocaleString('en-US').padStart(9)} records/s from log to log, one process, one partition`,
    );
  } finally {
    await job.remove();
  }
}

interface Checked extends Contender<Round> {
  /** What the last round gave. */
  output(): Promise<readonly (readonly EncodedBatch[])[]> | readonly (readonly EncodedBatch[])[];
}

function engineContender(workload: Workload): Checked {
  const job = new EngineJob(workload);
  let output: readonly (readonly EncodedBatch[])[] = [];
  return {
    name: 'engine',
    prepare: ({ partitions }) => job.feed(partitions),
    run: () => {
      output = job.run();
    },
    output: () => output,
  };
}

function loopContender(workload: Workload): Checked {
  const loop = workload.loop();
  let output: readonly (readonly EncodedBatch[])[] = [];
  return {
    name: 'hand-written loop',
    prepare: () => undefined,
    run: ({ merged }) => {
      output = loop(merged);
    },
    output: () => output,
  };
}

/** The rounds' inputs. After each of the first rounds both sides must have given the same output, record by record. */
function roundsOf(workload: Workload, sides: readonly [Checked, Checked]): (round: number) => Promise<Round> {
  return async (round) => {
    if (round > 0 && round <= rounds.warmUp) {
      const [left, right] = [outputTexts(await sides[0].output()), outputTexts(await sides[1].output())];
      assert(left.length > 0, 'nothing came out');
      assert.equal(left.length, right.length, 'the two sides give different numbers of records');
      for (const [index, text] of left.entries()) assert.equal(text, right[index]);
    }
    return { ...workload.input(round), records: workload.records };
  };
}

function print(measured: Measured | undefined, meaning: string): void {
  if (measured === undefined) return;
  const { name, cpuNs } = measured;
  const perSecond = Math.round(1e9 / median(cpuNs)).toLocaleString('en-US');
  const each = Math.round(median(cpuNs)).toLocaleString('en-US');
  console.log(
    `  ${name.padEnd(18)} ${perSecond.padStart(9)} records/s per core ${each.padStart(7)} ns a record (${spread(cpuNs)})\n      ${meaning}`,
  );
}

function printRatio(name: string, [over, under]: readonly Measured[], meaning: string): void {
  const pairs = over?.cpuNs.map((value, index) => value / (under?.cpuNs[index] ?? 1)) ?? [];
  const [least, greatest] = [Math.min(...pairs), Math.max(...pairs)];
  console.log(
    `  ${name.padEnd(18)} ${median(pairs).toFixed(2).padStart(9)} (${least.toFixed(2)} to ${greatest.toFixed(2)})\n      ${meaning}\n`,
  );
}
