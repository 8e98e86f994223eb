import { Command } from 'commander';
import manifest from '../package.json' with { type: 'json' };
import { CommandFailure } from './command-failure.ts';
import { conformance } from './commands/conformance.ts';
import { type DescribeOptions, describe } from './commands/describe.ts';
import { type RunOptions, run } from './commands/run.ts';
import { type ValidateOptions, validate } from './commands/validate.ts';
import { type WorkerOptions, worker } from './commands/worker.ts';
import { collectInput, parsePartitions, parseRecords } from './input-option.ts';

const program = new Command('millrace')
  .description('Check, describe and run pipelines without a server, and run workers for a server on another machine.')
  .version(manifest.version)
  .showHelpAfterError('(Add --help for what there is.)');

program
  .command('validate')
  .description('say whether a pipeline is valid')
  .argument('<file>', 'a *.pipeline.json')
  .option(
    '-i, --input <topic=file>',
    'sample records of a topic, so that mistakes in fields show',
    collectInput,
    new Map(),
  )
  .action((file: string, options: ValidateOptions) => attempt(() => validate(file, options)));

program
  .command('describe')
  .description('print the topology that a pipeline is planned into')
  .argument('<file>', 'a *.pipeline.json')
  .option('-p, --partitions <number>', 'partitions of the topics that it reads', parsePartitions, 1)
  .action((file: string, options: DescribeOptions) => attempt(() => describe(file, options)));

program
  .command('run')
  .description('run a pipeline over recorded topics to their end, and write what it writes')
  .argument('<file>', 'a *.pipeline.json')
  .option(
    '-i, --input <topic=file>',
    'a recorded topic, one JSON object a line; once for each source topic',
    collectInput,
    new Map(),
  )
  .requiredOption('-o, --output <directory>', 'where a file for each topic goes')
  .option('--stores', 'write the entries of each store too', false)
  .option('--close', 'end with stream time at the end of time, so that every window closes', false)
  .option(
    '-p, --partitions <number>',
    'partitions of the input topics (default: as many as the inputs name)',
    parsePartitions,
  )
  .option(
    '-n, --records <number>',
    'records of each partition of a generator (default: all, or 10,000 where it has no end)',
    parseRecords,
  )
  .addHelpText(
    'after',
    `
A line: {"key":…,"value":…,"timestamp":ms,"headers":{…},"partition":n}; only value is required.
A key of a window has "window":{"start","end"} besides.`,
  )
  .action((file: string, options: RunOptions) => attempt(() => run(file, options)));

program
  .command('conformance')
  .description('run cases of records in and records out, written for Kafka Streams, as pipelines')
  .argument('<file>', 'a conformance file: a JSON list of cases')
  .action((file: string) => attempt(() => conformance(file)));

program
  .command('worker')
  .description('run the deployments of a server on this machine too, sharing their tasks over Kafka')
  .requiredOption('-s, --server <url>', 'what the server was given as --worker-listen: wss://HOST:PORT')
  .option(
    '--ca <file>',
    "the certificate of the authority that signed the server's, in PEM form (default: those that Node.js trusts)",
  )
  .option('-d, --data <directory>', 'where copies of stores are kept', '.millrace-worker')
  .option(
    '--kafka-settings <file>',
    'lines such as KAFKA_SASL_USERNAME=…; what is not in the file is taken from the environment',
  )
  .option('-w, --workers <number>', 'worker processes of each deployment', '1')
  .addHelpText(
    'after',
    `
The environment says what is secret: MILLRACE_WORKER_TOKEN as where the server is started, KAFKA_BROKERS and all else about Kafka as it is
reached from this machine. The workers run on while the server is away. Set-up and what happens when something fails: docs/operations.md.`,
  )
  .action((options: WorkerOptions) => attempt(() => worker(options)));

await program.parseAsync();

async function attempt(command: () => Promise<void>): Promise<void> {
  try {
    await command();
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    for (const line of error.lines) console.error(line);
    process.exitCode = error.exitCode;
  }
}
