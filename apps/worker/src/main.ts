import { endProcess } from '@millrace/backend-embedded';
import { kafkaSettingsFromEnvironment } from '@millrace/backend-kafka';
import { LogError, PolicyFailure, type Topology } from '@millrace/engine';
import type { Down, Up } from '@millrace/protocol';
import { StoreError } from '@millrace/store-lmdb';
import type { Backend } from './backend.ts';
import { openEmbeddedBackend } from './embedded-backend.ts';
import { kafkaWorkerSettings, openKafkaBackend } from './kafka-backend.ts';
import { startMetricsTicker } from './metrics-ticker.ts';
import { ServerLink } from './server-link.ts';
import { StoppedStores } from './stopped-stores.ts';
import { answerStoreQuery } from './store-query-handler.ts';
import { TaskHost } from './task-host.ts';

/**
 * A worker process: runs the tasks of one deployment, or only reads the stores of one that is stopped. It is told what to do over its link
 * and ends when the link is gone; what was not committed then never happened.
 */
async function main(): Promise<void> {
  process.on('uncaughtException', (error) => {
    console.error(error);
    endProcess();
  });
  const pipeline = setting('MILLRACE_PIPELINE');
  const say = (up: Up): void => link.send(up);
  let host: TaskHost | null = null;
  let stopped: StoppedStores | null = null;
  const backend = await openBackend(setting('MILLRACE_DATA'), pipeline, (topics) =>
    say({ type: 'appended', topics: [...topics] }),
  ).catch(refuse);
  const { log, stateDirectory } = backend;
  const link = ServerLink.open(
    (message) => handle(message),
    () => gone(),
  );

  /** Without its server a worker has nobody to work for. One that shares tasks with others leaves, so that they need not wait for it. */
  const gone = (): void => {
    if (host === null || backend.givesTasksByServer) endProcess();
    else host.stop();
  };
  if (!backend.givesTasksByServer) process.once('SIGTERM', gone);

  const end = async (last: Up, code: number): Promise<void> => {
    await log.close();
    await link.sendLast(last);
    // A reader of stores may be in the middle of restoring one.
    if (stopped !== null) endProcess();
    process.exit(code);
  };

  const deploy = async (topology: Topology): Promise<void> => {
    const taken = backend.takePart(topology);
    // Nothing is awaited where the server gives the tasks: its next message does.
    const part = taken === null ? {} : await taken;
    host = new TaskHost({ topology, log, stateDirectory, say, now: () => performance.now(), ...part });
    const tick = startMetricsTicker(host, say);
    await host.run();
    // The last commit came after the last tick; without this one, a stopped pipeline shows less than it has done.
    tick();
  };

  const handle = (message: Down): void => {
    switch (message.type) {
      case 'deploy':
        deploy(message.topology).then(
          () => end({ type: 'stopped' }, 0),
          (error: unknown) => end(failed(error), 1),
        );
        break;
      case 'read':
        stopped = new StoppedStores({ topology: message.topology, log, stateDirectory, say });
        stopped.open(message.taskIds).catch((error: unknown) => end(failed(error), 1));
        break;
      case 'assign':
        if (backend.givesTasksByServer) host?.assign(message.tasks);
        break;
      case 'revoke':
        void host?.revoke(message.taskIds).then(() => link.send({ type: 'revoked', requestId: message.requestId }));
        break;
      case 'stop':
        if (host === null) void end({ type: 'stopped' }, 0);
        else host.stop();
        break;
      case 'appended':
        backend.wake();
        break;
      case 'storeQuery': {
        const answers = answerStoreQuery(host ?? stopped, message.requestId, message.query);
        if (answers !== null) link.send(answers);
        break;
      }
    }
  };
}

/** Without a log there is nothing to do but to say why. */
async function refuse(error: unknown): Promise<never> {
  if (!(error instanceof LogError)) throw error;
  const link = ServerLink.open(
    () => undefined,
    () => process.exit(1),
  );
  await link.sendLast(failed(error));
  process.exit(1);
}

function openBackend(
  data: string,
  pipeline: string,
  onAppended: (topics: readonly string[]) => void,
): Promise<Backend> {
  const name = process.env.MILLRACE_BACKEND ?? 'embedded';
  if (name === 'embedded') return openEmbeddedBackend(data, pipeline, onAppended);
  if (name !== 'kafka') throw new Error('MILLRACE_BACKEND must be embedded or kafka.');
  const settings = kafkaSettingsFromEnvironment(process.env);
  if (settings === null) throw new Error('A worker on Kafka needs KAFKA_BROKERS: host:port of some brokers.');
  return openKafkaBackend(settings, { data, pipeline, ...kafkaWorkerSettings(process.env) });
}

/** What does not pass by itself, however often it is tried. */
const needsPeople: ReadonlySet<string> = new Set(['corrupt', 'topic-conflict']);

function failed(error: unknown): Up {
  if (error instanceof PolicyFailure) {
    return { type: 'failed', code: error.code, message: error.message, node: error.node, retriable: false };
  }
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof LogError || error instanceof StoreError) {
    // Being fenced means that another worker has the tasks; starting again is the server's to decide. Most others pass, or are worth a try.
    return { type: 'failed', code: error.code, message, node: null, retriable: !needsPeople.has(error.code) };
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
