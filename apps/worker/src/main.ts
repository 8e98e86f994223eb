import { join } from 'node:path';
import { EmbeddedLog } from '@millrace/backend-embedded';
import { LogError, PolicyFailure } from '@millrace/engine';
import type { Down, Up } from '@millrace/protocol';
import { StoreError } from '@millrace/store-lmdb';
import { startMetricsTicker } from './metrics-ticker.ts';
import { ServerLink } from './server-link.ts';
import { answerStoreQuery } from './store-query-handler.ts';
import { TaskHost } from './task-host.ts';

/**
 * A worker process: runs the tasks of one deployment on the embedded backend. It is told what to run over its link and exits when the link
 * is gone; what was not committed then never happened.
 */
async function main(): Promise<void> {
  const data = setting('MILLRACE_DATA');
  const pipeline = setting('MILLRACE_PIPELINE');
  const log = await EmbeddedLog.open({ directory: join(data, 'log') });
  let host: TaskHost | null = null;
  const link = ServerLink.open(
    (message) => handle(message),
    () => process.exit(0),
  );
  log.onAppended((topics) => link.send({ type: 'appended', topics: [...topics] }));

  const end = async (last: Up, code: number): Promise<void> => {
    await log.close();
    await link.sendLast(last);
    process.exit(code);
  };

  const handle = (message: Down): void => {
    switch (message.type) {
      case 'deploy':
        host = new TaskHost({
          topology: message.topology,
          log,
          stateDirectory: join(data, 'state', pipeline),
          say: (up) => link.send(up),
          now: () => performance.now(),
        });
        startMetricsTicker(host, (up) => link.send(up));
        host.run().then(
          () => end({ type: 'stopped' }, 0),
          (error: unknown) => end(failed(error), 1),
        );
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
      case 'storeQuery':
        link.send(answerStoreQuery(host, message.requestId, message.query));
        break;
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
