import { lazy, Suspense, useEffect } from 'react';
import { useDocument } from '../document/document-store.ts';
import { followHistory, useRoute } from '../route.ts';
import { words } from '../words.ts';
import { Dialogs } from './dialogs.tsx';
import { FirstRun } from './first-run.tsx';
import { ReadOnlyBanner } from './read-only-banner.tsx';
import { StatusBar } from './status-bar.tsx';
import { followSystem } from './system-store.ts';
import { Toasts } from './toasts.tsx';
import { TopBar } from './top-bar.tsx';
import { usePageKeys } from './use-page-keys.ts';

/** The canvas is most of the code; the first page does not wait for it. */
const Workspace = lazy(async () => ({ default: (await import('./workspace.tsx')).Workspace }));

export function App() {
  const pipelineId = useRoute((state) => state.pipeline);
  const name = useDocument((state) => state.pipeline?.name ?? null);
  usePageKeys();
  useEffect(() => followHistory(), []);
  useEffect(() => followSystem(), []);
  useEffect(() => {
    document.title = name === null ? words.product : `${name} · ${words.product}`;
  }, [name]);
  return (
    <div className="app">
      <TopBar />
      <ReadOnlyBanner />
      {pipelineId === null ? (
        <FirstRun />
      ) : (
        <Suspense fallback={<main className="canvas" style={{ gridColumn: '1/-1' }} aria-busy="true" />}>
          <Workspace key={pipelineId} pipelineId={pipelineId} />
        </Suspense>
      )}
      <StatusBar />
      <Dialogs />
      {pipelineId === null && <Toasts />}
    </div>
  );
}
