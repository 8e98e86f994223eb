import { chmodSync, mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { KeeperDown } from '@millrace/protocol';
import { Keeper, stopWithinMs } from './keeper.ts';
import { KeeperLock, KeeperLockedError } from './keeper-lock.ts';
import { type KeeperSettings, KeeperSettingsError, readKeeperSettings } from './keeper-settings.ts';
import { limitLog } from './log-limit.ts';
import { ServerConnection } from './server-connection.ts';

/** How often the keeper of a server looks whether its directory is still there. */
const lookMs = 2_000;

// Both the source and the built file lie in `apps/worker`, at different depths; workers are always the built ones.
const workerMain = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? '../../dist/main.js' : './main.js', import.meta.url),
);

/** The program behind `millrace worker`, and the one that keeps a server's own workers on Kafka. */
function main(): void {
  const settings = readKeeperSettings(process.argv.slice(2), process.env);
  mkdirSync(settings.dataDirectory, { recursive: true, mode: 0o700 });
  chmodSync(settings.dataDirectory, 0o700);
  const lock = KeeperLock.take(settings.dataDirectory);
  // Workers notice that this process is gone, commit and end.
  process.on('exit', () => lock.release());
  run(settings, lock);
}

function run(settings: KeeperSettings, lock: KeeperLock): void {
  const { keeperId, name, workers, dataDirectory, environment, isOfServer } = settings;
  let hasBeenTaken = false;
  let isEnding = false;
  let lastFault: string | null = null;

  const keeper = new Keeper({
    place: { workerMain, dataDirectory, workers, keeperId, name, environment },
    report: (message) => connection.send(message),
    note,
  });

  const end = async (withinMs: number, code: number): Promise<void> => {
    if (isEnding) return;
    isEnding = true;
    connection.send({ type: 'leaving' });
    await keeper.end(withinMs);
    await connection.close();
    process.exit(code);
  };

  const heard = (message: KeeperDown): void => {
    switch (message.type) {
      case 'keep':
        connection.taken();
        note(
          `Connected to the server at ${settings.address()?.url.host ?? 'its address'} as ${name}. What is deployed runs here too.`,
        );
        hasBeenTaken = true;
        lastFault = null;
        keeper.keep(message.runs);
        break;
      case 'refused':
        refused({ message: message.message, isFinal: true });
        break;
      case 'run':
        keeper.run(message);
        break;
      case 'halt':
        keeper.halt(message.pipelineId, message.withinMs);
        break;
      case 'ask':
        keeper.ask(message);
        break;
      case 'end':
        // Only the server of this machine has its keeper end with it.
        if (isOfServer) void end(message.withinMs, 0);
        break;
    }
  };

  /** Before it has ever worked, somebody waits for it at a terminal; later, workers run and things may come right by themselves. */
  const refused = (fault: { readonly message: string; readonly isFinal: boolean }, againInMs?: number): void => {
    if (fault.isFinal && !hasBeenTaken && !isOfServer) {
      process.stderr.write(`${fault.message}\n`);
      void end(stopWithinMs, 1);
      return;
    }
    // Beside its server there is nothing to set right: the next one says where it is.
    if (isOfServer || fault.message === lastFault) return;
    lastFault = fault.message;
    const goOn = hasBeenTaken && keeper.runs.length > 0 ? ' The workers run on meanwhile.' : '';
    const again = againInMs === undefined ? '' : ` Trying again, next in ${againInMs / 1_000} s.`;
    note(`${fault.message}${goOn}${again}`);
  };

  const connection = new ServerConnection(
    settings.address,
    {
      opened: () =>
        connection.send({
          type: 'hello',
          keeperId,
          pid: process.pid,
          fingerprint: settings.fingerprint,
          runs: [...keeper.runs],
        }),
      said: heard,
      lost: () => {
        if (isEnding) return;
        const goOn = keeper.runs.length > 0 ? 'The workers run on.' : 'Nothing was running.';
        note(`The connection to the server is lost. ${goOn} Trying to reach it again.`);
      },
      failed: (fault, againInMs) => refused(fault, againInMs),
    },
    isOfServer ? 1_000 : 15_000,
  );

  const stop = (): void => {
    if (isEnding) process.exit(1);
    note('Stopping: the workers commit and leave. Once more ends it at once.');
    void end(stopWithinMs, 0);
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  process.on('SIGHUP', stop);
  // Whoever started us with a channel is gone: nobody would stop us any more.
  process.on('disconnect', stop);
  if (isOfServer) {
    limitLog(lookMs);
    setInterval(() => {
      if (lock.isHeld || isEnding) return;
      note('The data directory is gone, or another process has it. Stopping.');
      stop();
    }, lookMs).unref();
  }
  // Who read what this program says may be gone; the workers have nothing to do with that.
  process.stdout.on('error', () => undefined);
  connection.connect();
}

function note(line: string): void {
  process.stdout.write(`${line}\n`);
}

try {
  main();
} catch (error) {
  if (!(error instanceof KeeperSettingsError || error instanceof KeeperLockedError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
