import type { CodeEditorHandle } from './code-editor.ts';

let active: CodeEditorHandle | null = null;

/** The editor that had the focus last; a field of the input is written there. @param only forget it only if it is still this one */
export function setActiveEditor(editor: CodeEditorHandle | null, only?: CodeEditorHandle): void {
  if (only === undefined || active === only) active = editor;
}

/** @returns whether there was an editor to write to */
export function insertIntoActiveEditor(text: string): boolean {
  active?.insert(text);
  return active !== null;
}
