import { useEffect } from 'react';
import { useCanvas } from '../canvas/canvas-store.ts';
import { fixOf } from '../document/apply-fix.ts';
import { apply, useDocument } from '../document/document-store.ts';
import { useValidation } from '../document/validation-store.ts';
import { goToProblem } from '../problems/problem-list.tsx';
import { navigate, useRoute } from '../route.ts';
import { openDialog, useDialog } from './dialog-store.ts';

/** The keys that act wherever the focus is. */
export function usePageKeys(): void {
  useEffect(() => {
    let problem = -1;
    const onKey = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || useDialog.getState().dialog !== null) return;
      const isMod = event.ctrlKey || event.metaKey;
      const { pipeline, view } = useRoute.getState();
      const target = event.composedPath()[0];
      const isTyping =
        target instanceof HTMLElement && (/^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || target.isContentEditable);
      if (event.key === '?' && !isTyping && !isMod) {
        event.preventDefault();
        openDialog({ kind: 'keys' });
        return;
      }
      if (pipeline === null || useDocument.getState().pipeline === null) return;
      if (isMod && event.key === 'Enter') {
        const { errorCount, hasRun } = useValidation.getState();
        if (view === 'edit' && hasRun && errorCount === 0) openDialog({ kind: 'deploy' });
      } else if (event.altKey && event.code === 'Digit1') navigate({ view: 'edit', store: null, topic: null });
      else if (event.altKey && event.code === 'Digit3') navigate({ view: 'live' });
      else if (event.key === 'F8') {
        const { diagnostics } = useValidation.getState();
        if (diagnostics.length === 0 || view !== 'edit') return;
        problem = (problem + (event.shiftKey ? diagnostics.length - 1 : 1)) % diagnostics.length;
        const next = diagnostics[problem];
        if (next !== undefined) goToProblem(next);
      } else if (isMod && event.key === '.') {
        const { selectedNodes } = useCanvas.getState();
        const fixable = useValidation
          .getState()
          .diagnostics.find(
            (found) => found.fix !== undefined && (selectedNodes.size === 0 || selectedNodes.has(found.node ?? '')),
          );
        if (fixable === undefined || view !== 'edit') return;
        apply(fixOf(fixable));
      } else return;
      event.preventDefault();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);
}
