import { EmbeddedLog } from '@millrace/backend-embedded';
import type { Logger } from '../logger.ts';
import type { ServerBackend } from './server-backend.ts';

const housekeepingMs = 30_000;

/** The log on this machine. */
export async function openEmbeddedBackend(directory: string, logger: Logger): Promise<ServerBackend> {
  const log = await EmbeddedLog.open({ directory });
  const endHousekeeping = keepHouse(log, logger);
  return {
    name: 'embedded',
    log,
    fleet: {
      givesTasks: true,
      keptWorkers: null,
      workerEnvironment: {},
      workersLeft: () => Promise.resolve(),
      whileOwning: async (pipelineId, taskIds, work) => {
        // No worker that is still on its way out may commit after this.
        await log.fence(pipelineId, taskIds);
        await work();
      },
    },
    // The data directory has one server at a time.
    sharedControl: null,
    topicsFreshMs: 250,
    hasDenseOffsets: true,
    wakeReaders: () => log.wake(),
    onAppended: (listener) => log.onAppended(listener),
    close: async () => {
      await endHousekeeping();
      await log.close();
    },
  };
}

/** Lets the log clean up now and then; @returns what ends it */
function keepHouse(log: EmbeddedLog, logger: Logger): () => Promise<void> {
  let isEnding = false;
  let last: Promise<void> = Promise.resolve();
  const clean = async (): Promise<void> => {
    let hasMore = true;
    while (hasMore && !isEnding) {
      const { more, problems } = await log.housekeep();
      for (const problem of problems) logger.error({ err: problem }, 'a partition could not be cleaned up');
      hasMore = more;
    }
  };
  const timer = setInterval(() => {
    last = clean().catch((error: unknown) => logger.error({ err: error }, 'the log could not be cleaned up'));
  }, housekeepingMs);
  return async () => {
    isEnding = true;
    clearInterval(timer);
    await last;
  };
}
