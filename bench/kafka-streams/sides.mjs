import { fork, spawn } from 'node:child_process';
import { existsSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { register } from 'tsx/esm/api';
import { pipelineOf } from './pipelines.mjs';

// How each side is started. A side is { name, missing(), warmUp(), start(run) }; warmUp loads what the driver itself needs; start gives { child, group }: the process to measure, and
// the consumer group in which it commits the positions of the input.
// `run`: { job, id, brokers, input, table, output, partitions, guarantee, commitIntervalMs, scratch, options }.

const here = fileURLToPath(new URL('.', import.meta.url));

export const kafkaStreams = {
  name: 'Kafka Streams',
  missing: () => null,
  warmUp: async () => undefined,
  start: async (run) => {
    const { store, lingerMs, batchBytes, compression, heap } = run.options;
    const args = [
      ...(heap === undefined ? [] : [`-Xmx${heap}`]),
      '-Dorg.slf4j.simpleLogger.defaultLogLevel=error',
      '-cp',
      run.options.classPath,
      'millrace.bench.RunJob',
      ...Object.entries({
        job: run.job,
        brokers: run.brokers,
        application: run.id,
        input: run.input,
        table: run.table,
        output: run.output,
        guarantee: run.guarantee,
        commitIntervalMs: run.commitIntervalMs,
        threads: 1,
        state: join(run.scratch, 'state'),
        store,
        lingerMs,
        batchBytes,
        compression,
      }).map(([name, value]) => `${name}=${value}`),
    ];
    return { child: quiet('java', args, run), group: run.id };
  },
};

export const workerProgram = join(here, '..', '..', 'apps', 'worker', 'dist', 'main.js');

/** The one place where our worker is started: as it is built, in a process of its own, told what to do as its server does. */
export const millrace = {
  name: 'Millrace',
  missing: (worker) => (existsSync(worker) ? null : `There is no ${worker}. Run npm run build, then try again.`),
  warmUp: async () => {
    register();
    await import('./prepare-job.ts');
  },
  start: async (run) => {
    const { prepareJob, workerFlags } = await import('./prepare-job.ts');
    const document = pipelineOf(run.job, run);
    const topology = await prepareJob(document, [run.input, run.table], run.partitions, run.brokers);
    const log = openSync(join(run.scratch, 'log.txt'), 'a');
    const child = fork(run.options.worker, {
      execArgv: [...workerFlags],
      stdio: ['ignore', log, log, 'ipc'],
      env: {
        ...process.env,
        MILLRACE_BACKEND: 'kafka',
        KAFKA_BROKERS: run.brokers,
        KAFKA_COMPRESSION: run.options.compression,
        MILLRACE_DATA: join(run.scratch, 'state'),
        MILLRACE_PIPELINE: run.id,
      },
    });
    child.on('message', (message) => {
      if (message.type === 'hello') child.send({ type: 'deploy', topology });
      // Its own words reach us, not its log.
      if (message.type === 'failed') writeSync(log, `${message.code}: ${message.message}\n`);
    });
    return { child, group: run.id };
  },
};

/** What a side says goes to a file, and is shown when it fails. */
function quiet(command, args, run, env = {}) {
  const log = openSync(join(run.scratch, 'log.txt'), 'a');
  return spawn(command, args, { stdio: ['ignore', log, log], env: { ...process.env, ...env } });
}
