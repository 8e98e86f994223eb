import { join } from 'node:path';
import { EmbeddedLog } from '@millrace/backend-embedded';
import type { Backend } from './backend.ts';

/** The log on this machine; the server gives the tasks. `onAppended` is told what this process appends. */
export async function openEmbeddedBackend(
  data: string,
  pipeline: string,
  onAppended: (topics: readonly string[]) => void,
): Promise<Backend> {
  const log = await EmbeddedLog.open({ directory: join(data, 'log') });
  log.onAppended(onAppended);
  return {
    log,
    stateDirectory: join(data, 'state', pipeline),
    givesTasksByServer: true,
    takePart: () => null,
    wake: () => log.wake(),
  };
}
