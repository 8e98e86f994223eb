import { ReactFlowProvider } from '@xyflow/react';
import { lazy, Suspense, useEffect } from 'react';
import { Canvas } from '../canvas/canvas.tsx';
import { resetCanvas, useCanvas } from '../canvas/canvas-store.ts';
import { followCatalogue } from '../document/catalogue-store.ts';
import { closeDocument, hasUnsavedChanges, openDocument, useDocument } from '../document/document-store.ts';
import { followValidation } from '../document/validation-store.ts';
import { Icon } from '../icons.tsx';
import { followLive } from '../live/live-store.ts';
import { Outline } from '../live/outline.tsx';
import { firstPage, navigate, useRoute } from '../route.ts';
import { words } from '../words.ts';
import { Dock } from './dock.tsx';
import { Inspector } from './inspector.tsx';
import { keepAsCopy } from './pipeline-acts.ts';
import { Rail } from './rail.tsx';

const LivePanel = lazy(async () => ({ default: (await import('../live/live-panel.tsx')).LivePanel }));
const StorePanel = lazy(async () => ({ default: (await import('../stores/store-panel.tsx')).StorePanel }));
const TopicPanel = lazy(async () => ({ default: (await import('../topics/topic-panel.tsx')).TopicPanel }));

/** One pipeline: the canvas in the middle, what belongs to the view around it. */
export function Workspace({ pipelineId }: { readonly pipelineId: string }) {
  const isOpen = useDocument((state) => state.pipeline?.id === pipelineId);
  const failure = useDocument((state) => state.failure);
  useEffect(() => {
    resetCanvas();
    void openDocument(pipelineId);
    const ends = [followCatalogue(), followValidation(), followLive(pipelineId)];
    const onLeave = (event: BeforeUnloadEvent): void => {
      if (hasUnsavedChanges()) event.preventDefault();
    };
    window.addEventListener('beforeunload', onLeave);
    return () => {
      window.removeEventListener('beforeunload', onLeave);
      for (const end of ends) end();
      void closeDocument();
    };
  }, [pipelineId]);
  if (failure !== null) {
    return (
      <main className="canvas" style={{ gridColumn: '1/-1' }}>
        <div className="canvas-note">
          <div className="void">
            <p>
              <b>{words.missingPipeline}.</b>
              <br />
              {failure}
            </p>
            <button type="button" className="btn" data-size="sm" onClick={() => navigate(firstPage)}>
              {words.toPipelines}
            </button>
          </div>
        </div>
      </main>
    );
  }
  if (!isOpen) return <main className="canvas" style={{ gridColumn: '1/-1' }} aria-busy="true" />;
  return (
    <ReactFlowProvider key={pipelineId}>
      <OpenPipeline pipelineId={pipelineId} />
    </ReactFlowProvider>
  );
}

function OpenPipeline({ pipelineId }: { readonly pipelineId: string }) {
  const view = useRoute((state) => state.view);
  return (
    <>
      {view === 'edit' ? <Rail /> : <Outline />}
      <Canvas />
      <Suspense fallback={null}>
        <RightPanel pipelineId={pipelineId} />
      </Suspense>
      {view === 'edit' && <Dock />}
      <ConflictNote />
    </>
  );
}

function RightPanel({ pipelineId }: { readonly pipelineId: string }) {
  const { view, node: nodeId, store, topic } = useRoute();
  const node = useDocument((state) => state.pipeline?.nodes.find((candidate) => candidate.id === nodeId));
  const isGone = nodeId !== null && node === undefined;
  useEffect(() => {
    if (isGone) navigate({ node: null });
  }, [isGone]);
  // Another address (Back, a link) is another selection.
  useEffect(() => {
    const { selectedNodes } = useCanvas.getState();
    if (nodeId !== null && !selectedNodes.has(nodeId)) useCanvas.setState({ selectedNodes: new Set([nodeId]) });
  }, [nodeId]);
  if (view === 'live' && store !== null) return <StorePanel pipelineId={pipelineId} store={store} />;
  if (view === 'live' && topic !== null) return <TopicPanel topic={topic} />;
  if (node === undefined) return null;
  return view === 'live' ? <LivePanel key={node.id} node={node} /> : <Inspector key={node.id} node={node} />;
}

/** Somebody else saved: nothing is overwritten, and the way on is the person's. */
function ConflictNote() {
  const isConflict = useDocument((state) => state.save.at === 'conflict');
  const id = useDocument((state) => state.pipeline?.id);
  if (!isConflict || id === undefined) return null;
  return (
    <div className="canvas-banner" style={{ position: 'fixed', top: 56, zIndex: 30 }} role="alert">
      <Icon name="warning" className="g-warn" />
      <p>
        <b>{words.conflict.title}.</b> {words.conflict.help}
      </p>
      <button type="button" className="btn" data-size="sm" onClick={() => void keepAsCopy()}>
        {words.conflict.copy}
      </button>
      <button type="button" className="btn" data-look="main" data-size="sm" onClick={() => void openDocument(id)}>
        {words.conflict.reload}
      </button>
    </div>
  );
}
