import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { createApiContext } from './api-context.ts';
import { openBackend } from './backend/server-backend.ts';
import { ControlLog } from './control/control-log.ts';
import { DataDirectory } from './data/data-directory.ts';
import { ExampleLibrary } from './examples/example-library.ts';
import { fillExampleTopics } from './examples/example-topics.ts';
import { Deployments } from './fleet/deployments.ts';
import { defaultPatience, type Patience } from './fleet/patience.ts';
import { StrayWorkers } from './fleet/stray-workers.ts';
import { HttpServer } from './http/http-server.ts';
import { StaticFiles } from './http/static-files.ts';
import { Keepers } from './keepers/keepers.ts';
import { LocalKeeper } from './keepers/local-keeper.ts';
import type { Logger } from './logger.ts';
import { Pipelines } from './pipelines/pipelines.ts';
import type { Settings } from './settings.ts';
import { Catalogue } from './topics/catalogue.ts';

/** Where the parts of the project lie that the server does not hold itself. */
export interface Places {
  readonly version: string;
  /** The worker's program. */
  readonly workerMain: string;
  /** The program that keeps workers on Kafka, and lets them run on without the server. */
  readonly keeperMain: string;
  /** The built designer; it may be missing. */
  readonly designerDirectory: string;
  readonly examplesDirectory: string;
}

/** A server that listens. */
export interface RunningServer {
  /** `http://127.0.0.1:4816` */
  readonly address: string;
  /** Where workers of other machines connect to; null where they may not. */
  readonly workerAddress: string | null;
  /** Stops taking requests, stops the workers in order, closes the log. What ran runs again at the next start. */
  close(): Promise<void>;
  /** The process ends in the middle of it: what it started must not be left behind. */
  abandon(): void;
}

/**
 * Opens everything, from the data directory up to the port, and closes what it opened when it cannot.
 * @throws DirectoryInUseError, PortInUseError, LogError
 */
export async function startServer(
  settings: Settings,
  places: Places,
  logger: Logger,
  patience: Patience = defaultPatience,
): Promise<RunningServer> {
  // In the order of opening; closed in reverse.
  const opened: (() => void | Promise<void>)[] = [];
  let closing: Promise<void> | null = null;
  const closeAll = async (): Promise<void> => {
    for (const close of opened.toReversed()) {
      try {
        await close();
      } catch (error) {
        logger.error({ err: error }, 'something could not be closed');
      }
    }
  };
  const close = (): Promise<void> => {
    closing ??= closeAll();
    return closing;
  };
  try {
    const directory = DataDirectory.open(settings.dataDirectory);
    opened.push(() => directory.release());
    const strayWorkers = new StrayWorkers(directory.path);
    await strayWorkers.endAll();
    const backend = await openBackend(settings, directory, logger);
    const { log } = backend;
    opened.push(() => backend.close());

    const { sharedControl } = backend;
    const mark = { id: randomUUID(), host: hostname(), startedAtMs: Date.now() };
    const control = await ControlLog.open(log, Date.now, sharedControl === null ? null : { ...sharedControl, mark });
    opened.push(() => control.close());
    const pipelines = Pipelines.open(control, Date.now, logger);
    const examples = ExampleLibrary.read(places.examplesDirectory);
    const catalogue = new Catalogue(log, Date.now);
    const player =
      settings.examples && control.readOnly === null
        ? await fillExampleTopics(backend, places.examplesDirectory, settings.examplesSpeed, logger)
        : null;
    const { keptWorkers, workerEnvironment } = backend.fleet;
    const keepers =
      keptWorkers === null
        ? null
        : new Keepers({
            local:
              keptWorkers === 0
                ? null
                : {
                    main: places.keeperMain,
                    dataDirectory: directory.path,
                    workers: keptWorkers,
                    environment: workerEnvironment,
                    version: places.version,
                  },
            listen: settings.workerListen,
            logger,
            patience,
          });
    if (keepers !== null) opened.push(() => keepers.close());
    const deployments = await Deployments.open({
      log,
      fleet: backend.fleet,
      keepers,
      topicsFreshMs: backend.topicsFreshMs,
      control,
      catalogue,
      logger,
      nowMs: Date.now,
      workerMain: places.workerMain,
      patience,
      dataDirectory: directory,
      strayWorkers,
      pipeline: (id) => pipelines.get(id),
      wakeReaders: () => backend.wakeReaders(),
    });
    opened.push(() => deployments.shutDown());
    opened.push(backend.onAppended((topics) => deployments.tellAppended(topics, null)));

    const system = {
      version: places.version,
      backend: backend.name,
      get readOnly() {
        return control.readOnly;
      },
    };
    const context = createApiContext({ system, log, pipelines, examples, catalogue, deployments });
    const files = StaticFiles.read(places.designerDirectory);
    const http = await HttpServer.listen({ host: settings.host, port: settings.port, context, files, logger });
    opened.push(() => http.close());
    if (keptWorkers === null || keptWorkers === 0 || control.readOnly !== null) {
      await LocalKeeper.endLeft(directory.path, patience);
    }
    // Only a server that has its port sets things in motion.
    if (control.readOnly === null) {
      await deployments.resume();
      // Last of what takes long: a process that outlives this one must not be started by one that may still be cut off.
      await keepers?.open();
      player?.play();
    }
    if (player !== null) opened.push(() => player.stop());
    // Last: from here on all that would have to be handed over is there.
    control.onOvertaken((reason) => {
      logger.warn({ reason }, 'another server has taken over');
      http.askToConnectAgain();
      void Promise.all([player?.stop(), deployments.handOver(reason)])
        .then(() => keepers?.close())
        .catch((error: unknown) => logger.error({ err: error }, 'not everything could be handed over'));
    });
    return { address: http.address, workerAddress: keepers?.address ?? null, close, abandon: () => keepers?.abandon() };
  } catch (error) {
    await close();
    throw error;
  }
}
