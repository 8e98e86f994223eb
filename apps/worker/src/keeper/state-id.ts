import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Removes the stores of a deployment that were written before it was reset, or under another deployment of its name: their positions say
 * nothing about the changelogs of today. No worker may have them open.
 */
export async function dropOtherState(dataDirectory: string, pipelineId: string, stateId: string): Promise<void> {
  const directory = join(dataDirectory, 'state', pipelineId);
  const file = join(directory, 'state-id');
  const found = await readFile(file, 'utf8').catch(() => '');
  if (found === stateId) return;
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await writeFile(file, stateId, { mode: 0o600 });
}
