import { type EncodedBatch, taskIds } from '@millrace/engine';
import { EngineJob } from '../engine-job.ts';
import { LogToLog } from '../log-to-log.ts';
import { type Contender, type Measured, measure, median } from '../measure.ts';
import type { RoundInput, Workload } from '../workload.ts';
import { paymentsWorkload } from '../workloads/payments.ts';
import { cFloorNs } from './c-floor.ts';
import { parsing, readingFields } from './decode.ts';
import { memoryPerByte } from './memory.ts';
import { nsText, printLine, ratioText } from './print.ts';
import { restoreNs } from './restore.ts';

interface Options {
  /** The C program that gives the floor. */
  readonly floorSource: string;
  readonly records: number;
  readonly rounds: { readonly warmUp: number; readonly measured: number };
}

type Job = new (workload: Workload) => EngineJob;
type Round = RoundInput & { readonly records: number };

const passingNodes = 20;
const allFields = ['id', 'account', 'amount', 'currency', 'country', 'merchant', 'note'];
const threeFields = ['amount', 'country', 'merchant'];

/** The other ratios of the list, each of two sides that take turns, by the name of its part. */
export function ratioSections({ floorSource, records, rounds }: Options): {
  readonly [name: string]: () => Promise<void>;
} {
  const jobs = (
    Job: Job,
    name: string,
    options: { readonly passing?: number; readonly records: number },
  ): Contender<Round> => {
    const job = new Job(paymentsWorkload(options.records, options.passing));
    return { name, prepare: ({ partitions }) => job.feed(partitions), run: () => job.run() };
  };
  return {
    'more-nodes': async () => {
      console.log('Other ratios, on the payments');
      const sides = [
        jobs(EngineJob, 'engine', { records }),
        jobs(EngineJob, 'more nodes', { passing: passingNodes, records }),
      ];
      const [plain, passed] = await measure(sides, roundsOf(records), rounds);
      const oneNode = (median(passed?.cpuNs ?? []) - median(plain?.cpuNs ?? [])) / passingNodes;
      const share = 1 + oneNode / median(plain?.cpuNs ?? []);
      printLine('2', 'one more stateless node', `${oneNode.toFixed(0)} ns, ${share.toFixed(3)} × the job`, '≤ 1.02 ×');
    },
    floor: async () => {
      const [plain] = await measure([jobs(EngineJob, 'engine', { records })], roundsOf(records), rounds);
      const floor = cFloorNs(floorSource, paymentsWorkload(records).input(100).merged);
      const engine = `of ${nsText(plain)}`;
      const reached =
        floor === null
          ? 'no C compiler here'
          : `${percent(floor / median(plain?.cpuNs ?? []))} (${floor.toFixed(0)} ns in C ${engine})`;
      printLine('3', 'the C program ÷ engine', reached, '≥ 20 %');
    },
    decode: async () => {
      const { merged } = paymentsWorkload(records).input(100);
      for (const fields of [allFields, threeFields]) {
        const sides = [parsing('JSON.parse', fields), readingFields('engine', fields)] as const;
        const [parsed, read] = await measure(sides, async () => ({ batches: merged, records }), rounds);
        if (sides[0].sum !== sides[1].sum) throw new Error('The two ways to read fields gave different values.');
        const goal = fields === allFields ? '≥ 5' : '≥ 6';
        printLine('5', `JSON.parse ÷ engine, reading ${fields.length} of 7 fields`, ratioText(parsed, read, 1), goal);
      }
    },
    counting: async () => {
      const [whole, reduced] = await withAndWithout('job-without-counting.js', jobs, finePairs);
      printLine('9', 'counting ÷ without', `${ratioText(whole, reduced)}, ${finePairs.measured} pairs`, '≤ 1.03');
    },
    output: async () => {
      const counted = await withAndWithout('job-without-output.js', jobs, { ...rounds, records });
      printLine('10', 'changelog and output ÷ without', ratioText(...counted), '≤ 2, an update a record');
    },
    memory: async () =>
      printLine('11', 'memory ÷ key and value bytes, 1,000,000 entries of 16', memoryPerByte().toFixed(1), '≤ 5'),
    restore: () => printRestore(records),
  };
}

/** A difference of three parts in a hundred drowns in a few long rounds: many short ones in turn see the same weather. */
const finePairs = { records: 20_000, warmUp: 20, measured: 250 };

function roundsOf(records: number): (round: number) => Promise<Round> {
  const inputs = paymentsWorkload(records);
  return async (round) => ({ ...inputs.input(round), records });
}

/** Both in one run: the engine as it is, and a bundle of it from which a part was taken. */
async function withAndWithout(
  file: string,
  jobs: (Job: Job, name: string, options: { readonly records: number }) => Contender<Round>,
  rounds: { readonly records: number; readonly warmUp: number; readonly measured: number },
): Promise<[Measured | undefined, Measured | undefined]> {
  const whole = (await import(new URL('job.js', import.meta.url).href)) as { readonly EngineJob: Job };
  const reduced = (await import(new URL(file, import.meta.url).href)) as { readonly EngineJob: Job };
  const sides = [jobs(whole.EngineJob, 'whole', rounds), jobs(reduced.EngineJob, 'reduced', rounds)];
  const [on, off] = await measure(sides, roundsOf(rounds.records), rounds);
  return [on, off];
}

/** Records that a store's changelog gives a second against those that went in a second when it was written, both on disk. */
async function printRestore(records: number): Promise<void> {
  const workload = paymentsWorkload(records);
  const [spec] = workload.topology.stores;
  if (spec === undefined || taskIds(workload.topology).length !== 1)
    throw new Error('The payments have another store.');
  const memory = new EngineJob(workload);
  memory.feed(workload.input(0).partitions);
  memory.run();
  const changelog: readonly EncodedBatch[] = memory.batches(spec.changelogTopic, 0);
  const live = await LogToLog.open(workload, { payments: 1 });
  try {
    await live.feed(workload.input(1).partitions);
    const startedNs = process.hrtime.bigint();
    await live.run();
    const liveNs = Number(process.hrtime.bigint() - startedNs) / records;
    const { wallNs, records: restored } = await restoreNs(spec, changelog);
    const text = `${(liveNs / wallNs).toFixed(1)} (${Math.round(1e9 / wallNs).toLocaleString('en-US')} records/s)`;
    printLine('12', `restore rate ÷ live rate, ${restored.toLocaleString('en-US')} changelog records`, text, '≥ 3');
  } finally {
    await live.remove();
  }
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
