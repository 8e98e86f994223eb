import type { Pipeline } from '@millrace/engine';
import { api, errorText } from '../api.ts';
import { closeDocument, openDocument, useDocument } from '../document/document-store.ts';
import { firstPage, navigate, openPipeline, useRoute } from '../route.ts';
import { words } from '../words.ts';
import { idOfName } from './pipeline-file.ts';
import { refreshPipelines } from './pipelines-store.ts';
import { toast, toastError } from './toast-store.ts';

/** Runs an act; what goes wrong is said. @returns what it gave, or null */
async function tried<Result>(act: () => Promise<Result>): Promise<Result | null> {
  try {
    return await act();
  } catch (error) {
    toastError(errorText(error));
    return null;
  }
}

export async function createPipeline(name: string): Promise<void> {
  const made = await tried(() => api.pipelines.create.mutate({ id: idOfName(name), name }));
  if (made !== null) openPipeline(made.pipeline.id);
}

export async function openExample(id: string): Promise<void> {
  const made = await tried(() => api.examples.open.mutate({ id }));
  if (made !== null) openPipeline(made.pipeline.id);
}

export async function importPipeline(pipeline: Pipeline): Promise<void> {
  const made = await tried(() => api.pipelines.import.mutate({ pipeline }));
  if (made !== null) openPipeline(made.pipeline.id);
}

export async function renamePipeline(id: string, name: string): Promise<void> {
  // The name is part of the document: the open one is saved first, then read again with its new revision.
  const isOpen = useDocument.getState().pipeline?.id === id;
  if (isOpen) await closeDocument();
  await tried(() => api.pipelines.rename.mutate({ id, name }));
  if (isOpen) await openDocument(id);
  await refreshPipelines();
}

export async function removePipeline(id: string, name: string): Promise<void> {
  const isOpen = useRoute.getState().pipeline === id;
  if (isOpen) await closeDocument();
  const removed = await tried(async () => {
    await api.pipelines.remove.mutate({ id });
    return true;
  });
  if (removed === null) {
    if (isOpen) await openDocument(id);
    return;
  }
  toast({ text: words.remove.done(name), icon: 'bin' });
  if (isOpen) navigate(firstPage);
  await refreshPipelines();
}

export function downloadPipeline(pipeline: Pipeline): void {
  const address = URL.createObjectURL(
    new Blob([`${JSON.stringify(pipeline, null, 2)}\n`], { type: 'application/json' }),
  );
  const link = document.createElement('a');
  link.href = address;
  link.download = `${pipeline.id}.pipeline.json`;
  link.click();
  URL.revokeObjectURL(address);
}

/** Stop and start answer with the new state; the live frame says it too, so nothing is kept here. */
export async function stopDeployment(pipelineId: string): Promise<void> {
  await tried(() => api.deployments.stop.mutate({ pipelineId }));
}

export async function startDeployment(pipelineId: string): Promise<void> {
  await tried(() => api.deployments.start.mutate({ pipelineId }));
}

export async function resetDeployment(pipelineId: string): Promise<void> {
  if ((await tried(() => api.deployments.reset.mutate({ pipelineId }))) !== null)
    toast({ text: words.reset.done, icon: 'reset' });
}

/** Makes a copy of the open document under another id, as when somebody else saved theirs. */
export async function keepAsCopy(): Promise<void> {
  const { pipeline } = useDocument.getState();
  if (pipeline !== null) await importPipeline({ ...pipeline, name: `${pipeline.name} (copy)`.slice(0, 120) });
}
