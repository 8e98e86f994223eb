import { useReactFlow } from '@xyflow/react';
import { useDocument } from '../document/document-store.ts';
import { Icon, KindIcon } from '../icons.tsx';
import { useLive } from '../live/live-store.ts';
import { faces } from '../nodes/faces.ts';
import { navigate, useRoute } from '../route.ts';
import { useReadOnly } from '../shell/system-store.ts';
import { words } from '../words.ts';
import { addKind, selectOnly } from './canvas-store.ts';

/** What stands over the canvas: what to do on an empty one, and why what was deployed has failed. */
export function CanvasNotes() {
  const isEmpty = useDocument((state) => state.pipeline !== null && state.pipeline.nodes.length === 0);
  const view = useRoute((state) => state.view);
  return (
    <>
      {view === 'edit' && isEmpty && <EmptyNote />}
      <FailureBanner />
      {view === 'live' && <WaitingNote />}
      {view === 'live' && <NeverNote />}
    </>
  );
}

function EmptyNote() {
  const flow = useReactFlow();
  return (
    <div className="canvas-note">
      <div className="void">
        <p>
          <b>{words.canvas.empty}</b>
          <br />
          <span className="wide-only">{words.canvas.emptyHelp}</span>
          <span className="narrow-only">{words.canvas.emptyHelpNarrow}</span>
        </p>
        <button
          type="button"
          className="btn"
          data-size="sm"
          onClick={() => {
            addKind('source', { x: 0, y: 0 });
            void flow.fitView({ maxZoom: 1 });
          }}
        >
          <KindIcon drawing={faces.source.icon} size={12} />
          {words.canvas.addSource}
        </button>
      </div>
    </div>
  );
}

function NeverNote() {
  const isNever = useLive((state) => state.frame !== null && state.deployment === null);
  if (!isNever) return null;
  return (
    <div className="canvas-banner" data-look="plain">
      <Icon name="info" className="g-info" />
      <p>
        <b>{words.live.never}</b> {words.live.neverHelp}
      </p>
    </div>
  );
}

/** What is being waited for, as when a worker has ended and starts again. */
function WaitingNote() {
  const isReadOnly = useReadOnly();
  const reason = useLive(({ deployment }) =>
    deployment === null || deployment.state === 'failed' ? null : deployment.reason,
  );
  // The line above the canvas says it already.
  if (reason === null || isReadOnly) return null;
  return (
    <div className="canvas-banner" data-look="plain" role="status">
      <Icon name="warning" className="g-warn" />
      <p>{reason}</p>
    </div>
  );
}

function FailureBanner() {
  const failed = useLive((state) => (state.deployment?.state === 'failed' ? state.deployment : null));
  const view = useRoute((state) => state.view);
  if (failed === null || view !== 'live') return null;
  const node = failed.failedNode;
  return (
    <div className="canvas-banner" role="alert">
      <Icon name="failing" className="g-bad" />
      <p>
        <b>{words.states.failed}.</b> {failed.reason}
      </p>
      {node !== null && (
        <button
          type="button"
          className="btn"
          data-size="sm"
          onClick={() => {
            navigate({ view: 'edit', store: null, topic: null });
            selectOnly(node);
          }}
        >
          {words.live.editNode}
        </button>
      )}
    </div>
  );
}
