import type { Pipeline } from '@millrace/engine';
import { create } from 'zustand';
import { api, errorText, refusalReason } from '../api.ts';
import { Autosave, type SaveState } from './autosave.ts';
import type { Command } from './commands.ts';

interface DocumentState {
  /** The open pipeline; null while it is read, or when it could not be. */
  readonly pipeline: Pipeline | null;
  readonly revision: number;
  readonly save: SaveState;
  /** Why it could not be opened. */
  readonly failure: string | null;
}

const closed: DocumentState = { pipeline: null, revision: 0, save: { at: 'saved', savedAtMs: 0 }, failure: null };

/** The open pipeline. What runs of it is kept elsewhere: a tick of numbers touches nothing here. */
export const useDocument = create<DocumentState>(() => closed);

let autosave: Autosave | null = null;
/** Counts openings, so that a slow answer does not take the place of a later one. */
let opening = 0;

export async function openDocument(id: string): Promise<void> {
  const own = ++opening;
  await closeDocument();
  if (own !== opening) return;
  try {
    const view = await api.pipelines.get.query({ id });
    if (own !== opening) return;
    const revision = view.revision;
    autosave = new Autosave({
      revision,
      save: async (pipeline, expectedRevision) => {
        try {
          const saved = await api.pipelines.save.mutate({ pipeline, expectedRevision });
          return { saved: true, revision: saved.revision, savedAtMs: saved.updatedAtMs };
        } catch (error) {
          return { saved: false, conflict: refusalReason(error) === 'conflict', message: errorText(error) };
        }
      },
      onState: (save, at) => own === opening && useDocument.setState({ save, revision: at }),
    });
    const save: SaveState = { at: 'saved', savedAtMs: view.updatedAtMs };
    useDocument.setState({ pipeline: view.pipeline, revision, save, failure: null });
  } catch (error) {
    if (own === opening) useDocument.setState({ ...closed, failure: errorText(error) });
  }
}

/** Saves what is not saved yet, then forgets the document. */
export async function closeDocument(): Promise<void> {
  const leaving = autosave;
  autosave = null;
  if (leaving !== null) {
    await leaving.flush();
    leaving.stop();
  }
  useDocument.setState(closed);
}

/** The one way to change the document. */
export function apply(command: Command): void {
  const { pipeline } = useDocument.getState();
  if (pipeline === null) return;
  const after = command(pipeline);
  if (after === pipeline) return;
  useDocument.setState({ pipeline: after });
  autosave?.change(after);
}

/** Puts the last changes on the server, as before a deployment. @returns whether the server has what the screen shows */
export async function saveNow(): Promise<boolean> {
  await autosave?.flush();
  return useDocument.getState().save.at === 'saved';
}

/** Whether leaving the page would lose a change. */
export function hasUnsavedChanges(): boolean {
  return autosave?.hasUnsaved ?? false;
}
