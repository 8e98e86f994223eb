import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CommandFailure } from '../command-failure.ts';

export interface WorkerOptions {
  readonly server: string;
  readonly ca?: string;
  readonly data: string;
  readonly kafkaSettings?: string;
  readonly workers: string;
}

/** A terminal and npm both pass Ctrl-C on; signals this close together are one. */
const sameSignalMs = 500;

/**
 * Runs workers for a server on another machine until Ctrl-C, in a process of its own. Token and settings of Kafka come from the environment.
 * @throws CommandFailure
 */
export async function worker({ server, ca, data, kafkaSettings, workers }: WorkerOptions): Promise<void> {
  // As it is built: `apps/cli/dist/main.js` beside `apps/worker/dist`.
  const keeper = fileURLToPath(new URL('../../worker/dist/keeper.js', import.meta.url));
  if (!existsSync(keeper)) throw new CommandFailure(['The worker is not built. Run `npm run build` first.']);
  const args = ['--server', server, '--data', data, '--workers', workers];
  if (ca !== undefined) args.push('--ca', ca);
  if (kafkaSettings !== undefined) args.push('--kafka-settings', kafkaSettings);
  const child = spawn(process.execPath, [keeper, ...args], {
    // The channel tells it when we are gone, whatever ended us.
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    // In a process group of its own, so that each signal reaches it once, through us.
    detached: true,
  });
  let lastSignalMs = Number.NEGATIVE_INFINITY;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      const nowMs = performance.now();
      if (nowMs - lastSignalMs < sameSignalMs) return;
      lastSignalMs = nowMs;
      child.kill(signal);
    });
  }
  const [code] = (await once(child, 'exit')) as [number | null];
  process.exit(code ?? 1);
}
