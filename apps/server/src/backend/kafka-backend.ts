import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { KafkaLog } from '@millrace/backend-kafka';
import { controlTopicsOf } from '../control/control-log.ts';
import type { Logger } from '../logger.ts';
import type { KafkaChoice } from '../settings.ts';
import type { ServerBackend } from './server-backend.ts';

/**
 * The log on a Kafka cluster. The workers of a deployment are a consumer group of the pipeline's name; each process has a fixed name in it,
 * so that one that is started again in the place of another gets its tasks at once.
 * @param dataDirectory tells the workers of several servers apart
 * @throws LogError `unreachable`, `wrong-credentials`, `not-authorised` or `unsupported`
 */
export async function openKafkaBackend(
  { settings, environment }: KafkaChoice,
  workers: number,
  dataDirectory: string,
  logger: Logger,
): Promise<ServerBackend> {
  const log = await KafkaLog.open(settings);
  const place = createHash('sha256').update(`${hostname()}\0${dataDirectory}`).digest('hex').slice(0, 8);
  const workerName = environment.MILLRACE_WORKER_NAME ?? `millrace-${place}`;
  const topics = controlTopicsOf(environment.MILLRACE_NAME ?? null);
  return {
    name: 'kafka',
    log,
    fleet: {
      givesTasks: false,
      keptWorkers: workers,
      workerEnvironment: { ...environment, MILLRACE_BACKEND: 'kafka', MILLRACE_WORKER_NAME: workerName },
      workersLeft: async (pipelineId, names) => {
        try {
          await log.removeMembers(pipelineId, names);
        } catch (error) {
          // Their sessions end by themselves; whoever starts before that waits a little.
          logger.warn({ err: error, pipeline: pipelineId }, 'workers that stopped could not be signed off');
        }
      },
      whileOwning: async (pipelineId, taskIds, work) => {
        await log.fence(pipelineId, taskIds);
        try {
          await work();
        } finally {
          // While the server owns them, no worker is given any.
          await log.release(pipelineId);
        }
      },
    },
    sharedControl: {
      topics,
      writer: {
        takeOver: () => log.takeName(topics.control),
        append: async (appends) => {
          await log.appendAs(topics.control, appends);
        },
      },
    },
    // Every look asks every broker.
    topicsFreshMs: 1_000,
    hasDenseOffsets: false,
    // Readers wait at the brokers, which answer as soon as there is something.
    wakeReaders: () => undefined,
    onAppended: () => () => undefined,
    close: () => log.close(),
  };
}
