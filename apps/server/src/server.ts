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
import type { Logger } from './logger.ts';
import { Pipelines } from './pipelines/pipelines.ts';
import type { Settings } from './settings.ts';
import { Catalogue } from './topics/catalogue.ts';

/** Where the parts of the project lie that the server does not hold itself. */
export interface Places {
  readonly version: string;
  /** The worker's program. */
  readonly workerMain: string;
  /** The built designer; it may be missing. */
  readonly designerDirectory: string;
  readonly examplesDirectory: string;
}

/** A server that listens. */
export interface RunningServer {
  /** `http://127.0.0.1:4816` */
  readonly address: string;
  /** Stops taking requests, stops the workers in order, closes the log. What ran runs again at the next start. */
  close(): Promise<void>;
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

    const control = await ControlLog.open(log, Date.now);
    const pipelines = Pipelines.open(control, Date.now, logger);
    const examples = ExampleLibrary.read(places.examplesDirectory);
    const catalogue = new Catalogue(log, Date.now);
    const player = settings.examples
      ? await fillExampleTopics(backend, places.examplesDirectory, settings.examplesSpeed, logger)
      : null;
    const deployments = await Deployments.open({
      log,
      fleet: backend.fleet,
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

    const system = { version: places.version, backend: backend.name, readOnly: null } as const;
    const context = createApiContext({ system, log, pipelines, examples, catalogue, deployments });
    const files = StaticFiles.read(places.designerDirectory);
    const http = await HttpServer.listen({ host: settings.host, port: settings.port, context, files, logger });
    opened.push(() => http.close());
    // Only a server that has its port sets things in motion.
    await deployments.resume();
    if (player !== null) {
      player.play();
      opened.push(() => player.stop());
    }
    return { address: http.address, close };
  } catch (error) {
    await close();
    throw error;
  }
}
