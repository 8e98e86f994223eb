import { fileURLToPath } from 'node:url';
import { endProcess } from '@millrace/backend-embedded';
import { LogError } from '@millrace/engine';
import packageFile from '../package.json' with { type: 'json' };
import { DirectoryInUseError } from './data/server-lock.ts';
import { PortInUseError } from './http/http-server.ts';
import { createLogger } from './logger.ts';
import { type Places, type RunningServer, startServer } from './server.ts';
import { readSettings, usage } from './settings.ts';
import { SettingsError } from './settings-error.ts';

/** Both the source and the built file lie one folder below the package, so the same paths hold for both. */
const place = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const places: Places = {
  version: packageFile.version,
  workerMain: place('../../worker/dist/main.js'),
  keeperMain: place('../../worker/dist/keeper.js'),
  designerDirectory: place('../../designer/dist'),
  examplesDirectory: place('../../../examples'),
};

const args = process.argv.slice(2);
if (args.includes('--help')) process.stdout.write(usage);
else await main();

async function main(): Promise<void> {
  const logger = createLogger(process.env.MILLRACE_LOG_LEVEL ?? 'info');
  let server: RunningServer | null = null;
  let isStopping = false;
  const stop = (cause: string): void => {
    if (isStopping) {
      server?.abandon();
      endProcess();
    }
    isStopping = true;
    logger.info({ cause }, 'stopping; once more ends it at once');
    // Before the server stands there is nothing to stop in order: what it opens is safe to be cut off.
    if (server === null) endProcess();
    else void server.close().then(() => process.exit(0));
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  process.on('SIGHUP', stop);
  // Whoever started us with a channel is gone: nobody would stop us any more.
  process.on('disconnect', () => stop('disconnect'));
  // What is in memory may be half done now, whether something was thrown or nobody waited for it; what is not committed never happened.
  const endByDefect = (error: unknown): void => {
    logger.error({ err: error }, 'a defect; what is committed is safe');
    endProcess();
  };
  process.on('unhandledRejection', endByDefect);
  process.on('uncaughtException', endByDefect);
  try {
    server = await startServer(readSettings(args, process.env), places, logger);
    const { address, workerAddress } = server;
    process.stdout.write(`Millrace runs at ${address}\n`);
    if (workerAddress !== null) process.stdout.write(`Workers of other machines connect to ${workerAddress}\n`);
  } catch (error) {
    const isTold =
      error instanceof SettingsError || error instanceof DirectoryInUseError || error instanceof PortInUseError;
    // What is wrong with a cluster is for whoever started us, and no defect of ours.
    const isOfLog = error instanceof LogError && error.code !== 'corrupt' && error.code !== 'closed';
    if (isTold || isOfLog) process.stderr.write(`${error.message}\n`);
    else logger.error({ err: error }, 'the server could not start');
    process.exit(1);
  }
}
