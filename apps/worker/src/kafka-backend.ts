import { join } from 'node:path';
import { KafkaAssignment, KafkaLog, type KafkaSettings } from '@millrace/backend-kafka';
import { changelogStages, LogError, type TaskId, type Topology, taskIds } from '@millrace/engine';
import type { Backend } from './backend.ts';
import { type LayoutProblem, laidOutTopics, layoutProblem } from './partition-layout.ts';
import { StandbyTasks } from './standby-tasks.ts';
import { claimStateDirectory } from './state-directory.ts';
import { changelogRecords, copyLags, noteLeftCopies } from './task-lags.ts';

/** How long what has changed of a topic may take to reach all brokers. */
const spreadMs = 2_000;

export interface KafkaBackendOptions {
  readonly data: string;
  readonly pipeline: string;
  /** A fixed name of this worker among those of its deployment; null for none. */
  readonly groupInstanceId: string | null;
  /** Copies of each store that are kept ready on other workers. */
  readonly standbys: number;
  /** A worker that the brokers have not heard of for this long has lost its tasks to others. */
  readonly sessionTimeoutMs?: number | undefined;
}

/** The log on a Kafka cluster; the workers of a deployment are a consumer group, and share its tasks among themselves. */
export async function openKafkaBackend(settings: KafkaSettings, options: KafkaBackendOptions): Promise<Backend> {
  const log = await KafkaLog.open(settings, { processName: options.groupInstanceId ?? undefined });
  const stateDirectory = await claimStateDirectory(join(options.data, 'state', options.pipeline));
  return {
    log,
    stateDirectory,
    givesTasksByServer: false,
    takePart: async (topology: Topology) => {
      if (options.groupInstanceId !== null) await log.endLeftTransaction(topology.pipeline);
      await log.ensureTaskTopics(topology.pipeline, taskIds(topology));
      const standbys = new StandbyTasks({ topology, log, stateDirectory });
      await noteLeftCopies({ log, topology, stateDirectory, standbys });
      const assignment = new KafkaAssignment({
        transport: log.transport,
        topology,
        groupInstanceId: options.groupInstanceId,
        ...(options.sessionTimeoutMs === undefined ? {} : { sessionTimeoutMs: options.sessionTimeoutMs }),
        sharing: { standbys: options.standbys },
        lags: () => copyLags(log, topology, standbys).catch(nothingKnown),
        changelogRecords: () => changelogRecords(log, topology).catch(nothingKnown),
      });
      log.useMembership(topology.pipeline, assignment);
      if (topology.guarantee === 'at-least-once') log.useAtLeastOnce(topology.pipeline, changelogStages(topology));
      const sinks = topology.subTopologies.flatMap(({ sinks }) => sinks.map(({ topic }) => topic));
      const laidOut = laidOutTopics(topology);
      return {
        assignment,
        standbys,
        keeper: `Kafka at ${settings.brokers.join(', ')}`,
        recordLimits: () => log.recordLimits(sinks),
        layoutProblem: async () => {
          const look = async (): Promise<LayoutProblem | null> =>
            layoutProblem(topology, await log.partitionCounts(laidOut));
          const problem = await look();
          if (!problem?.stops) return problem;
          // Not every broker hears of a new topic at once.
          await new Promise((resolve) => setTimeout(resolve, spreadMs));
          return look();
        },
      };
    },
    // Readers wait at the broker, which answers as soon as there is something.
    wake: () => undefined,
  };
}

/** Without knowing what lies where, tasks are shared out all the same; whoever gets one restores what it lacks. */
function nothingKnown(error: unknown): ReadonlyMap<TaskId, number> {
  if (error instanceof LogError && error.retriable) throw error;
  console.error('The lengths of changelogs are not known:', error);
  return new Map();
}

/**
 * What the environment says of a worker on Kafka, besides how to reach the cluster:
 *
 *     MILLRACE_WORKER_NAME   a fixed name: after a quick restart the worker gets its tasks back, and nothing moves
 *     MILLRACE_STANDBYS      copies of each store that are kept ready on other workers; 0 when it is not set
 *     MILLRACE_SESSION_TIMEOUT_MS   without a sign for so long, a worker's tasks go to others; 15000 when it is not set
 */
export function kafkaWorkerSettings(
  environment: Readonly<Record<string, string | undefined>>,
): Pick<KafkaBackendOptions, 'groupInstanceId' | 'standbys' | 'sessionTimeoutMs'> {
  const name = environment.MILLRACE_WORKER_NAME?.trim() ?? '';
  const standbys = Number(environment.MILLRACE_STANDBYS?.trim() || '0');
  if (!Number.isInteger(standbys) || standbys < 0 || standbys > 10) {
    throw new Error('MILLRACE_STANDBYS must be a whole number from 0 to 10.');
  }
  const session = environment.MILLRACE_SESSION_TIMEOUT_MS?.trim() ?? '';
  const sessionTimeoutMs = session === '' ? undefined : Number(session);
  if (sessionTimeoutMs !== undefined && (!Number.isInteger(sessionTimeoutMs) || sessionTimeoutMs < 3_000)) {
    throw new Error('MILLRACE_SESSION_TIMEOUT_MS must be a whole number of milliseconds, 3000 or more.');
  }
  return { groupInstanceId: name === '' ? null : name, standbys, sessionTimeoutMs };
}
