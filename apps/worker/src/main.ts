import { join } from 'node:path';
import { EmbeddedLog, endProcess } from '@millrace/backend-embedded';
import { LogError, PolicyFailure } from '@millrace/engine';
import type { Down, Up } from '@millrace/protocol';
import { StoreError } from '@millrace/store-lmdb';
import { startMetricsTicker } from './metrics-ticker.ts';
import { ServerLink } from './server-link.ts';
import { StoppedStores } from './stopped-stores.ts';
import { answerStoreQuery } from './store-query-handler.ts';
import { TaskHost } from './task-host.ts';

/**
 * A worker process: runs the tasks of one deployment on the embedded backend, or only reads the stores of one that is stopped. It is told
 * what to do over its link and exits when the link is gone; what was not committed then never happened.
 */
async function main(): Promise<void> {
  process.on('uncaughtException', (error) => {
    console.error(error);
    endProcess();
  });
  const data = setting('MILLRACE_DATA');
  const pipeline = setting('MILLRACE_PIPELINE');
  const log = await EmbeddedLog.open({ directory: join(data, 'log') });
  const stateDirectory = join(data, 'state', pipeline);
  const say = (up: Up): void => link.send(up);
  let host: TaskHost | null = null;
  let stopped: StoppedStores | null = null;
  const link = ServerLink.open((message) => handle(message), endProcess);
  log.onAppended((topics) => link.send({ type: 'appended', topics: [...topics] }));

  const end = async (last: Up, code: number): Promise<void> => {
    await log.close();
    await link.sendLast(last);
    // A reader of stores may be in the middle of restoring one.
    if (stopped !== null) endProcess();
    process.exit(code);
  };

  const handle = (message: Down): void => {
    switch (message.type) {
      case 'deploy': {
        host = new TaskHost({
          topology: message.topology,
          log,
          stateDirectory,
          say,
          now: () => performance.now(),
        });
        const tick = startMetricsTicker(host, say);
        host.run().then(
          () => {
            // The last commit came after the last tick; without this one, a stopped pipeline shows less than it has done.
            tick();
            return end({ type: 'stopped' }, 0);
          },
          (error: unknown) => end(failed(error), 1),
        );
        break;
      }
      case 'read':
        stopped = new StoppedStores({ topology: message.topology, log, stateDirectory, say });
        stopped.open(message.taskIds).catch((error: unknown) => end(failed(error), 1));
        break;
      case 'assign':
        host?.assign(message.tasks);
        break;
      case 'revoke':
        void host?.revoke(message.taskIds).then(() => link.send({ type: 'revoked', requestId: message.requestId }));
        break;
      case 'stop':
        if (host === null) void end({ type: 'stopped' }, 0);
        else host.stop();
        break;
      case 'appended':
        log.wake();
        break;
      case 'storeQuery': {
        const answers = answerStoreQuery(host ?? stopped, message.requestId, message.query);
        if (answers !== null) link.send(answers);
        break;
      }
    }
  };
}

function failed(error: unknown): Up {
  if (error instanceof PolicyFailure) {
    return { type: 'failed', code: error.code, message: error.message, node: error.node, retriable: false };
  }
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof LogError || error instanceof StoreError) {
    // Being fenced means that another worker has the tasks; starting again is the server's to decide. Most others pass, or are worth a try.
    return { type: 'failed', code: error.code, message, node: null, retriable: error.code !== 'corrupt' };
  }
  console.error(error);
  return { type: 'failed', code: 'defect', message, node: null, retriable: true };
}

function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') {
    throw new Error(`A worker needs ${name}. It is started by its server; start Millrace with: npm start`);
  }
  return value;
}

await main();
