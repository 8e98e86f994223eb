import { type NodeKindName, nodeKinds } from '@millrace/engine';
import { useReactFlow } from '@xyflow/react';
import { type PointerEvent, useRef, useState } from 'react';
import { createPortal } from 'react-dom';
import { addKind, useCanvas } from '../canvas/canvas-store.ts';
import { nodeSize } from '../canvas/pipeline-node.tsx';
import { KindIcon } from '../icons.tsx';
import { faces } from '../nodes/faces.ts';
import { words } from '../words.ts';
import { toast } from './toast-store.ts';

const dragAfterPx = 4;

interface Drag {
  readonly kind: NodeKindName;
  readonly startX: number;
  readonly startY: number;
  readonly x: number;
  readonly y: number;
  readonly isMoving: boolean;
}

/** The six kinds: drag one onto the canvas, or click it and then click where it should stand. */
export function Rail() {
  const [drag, setDrag] = useState<Drag | null>(null);
  const armed = useCanvas((state) => state.armed);
  /** A drag ends in a click too, which must not arm the kind. */
  const hasDragged = useRef(false);
  const flow = useReactFlow();
  const kinds = Object.keys(faces) as NodeKindName[];

  const start = (kind: NodeKindName, event: PointerEvent<HTMLButtonElement>): void => {
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    hasDragged.current = false;
    setDrag({
      kind,
      startX: event.clientX,
      startY: event.clientY,
      x: event.clientX,
      y: event.clientY,
      isMoving: false,
    });
  };
  const move = (event: PointerEvent): void => {
    if (drag === null) return;
    const isMoving =
      drag.isMoving || Math.hypot(event.clientX - drag.startX, event.clientY - drag.startY) > dragAfterPx;
    setDrag({ ...drag, x: event.clientX, y: event.clientY, isMoving });
  };
  const end = (event: PointerEvent): void => {
    setDrag(null);
    if (drag === null || !drag.isMoving) return;
    hasDragged.current = true;
    const canvas = document.querySelector('.canvas')?.getBoundingClientRect();
    const isOver =
      canvas !== undefined &&
      event.clientX > canvas.left &&
      event.clientX < canvas.right &&
      event.clientY > canvas.top &&
      event.clientY < canvas.bottom;
    if (!isOver) return;
    const at = flow.screenToFlowPosition({ x: event.clientX, y: event.clientY }, { snapToGrid: false });
    addKind(drag.kind, { x: at.x - nodeSize.width / 2, y: at.y - nodeSize.height / 2 });
  };
  const arm = (kind: NodeKindName): void => {
    const next = armed === kind ? null : kind;
    useCanvas.setState({ armed: next });
    if (next !== null) toast({ text: words.kinds.armed(nodeKinds[kind].title), icon: 'info' });
  };

  return (
    <nav className="left rail" aria-label={words.kinds.rail}>
      {kinds.map((kind, index) => (
        <button
          key={kind}
          type="button"
          data-testid={`palette-${kind}`}
          aria-pressed={armed === kind}
          aria-label={nodeKinds[kind].title}
          title={words.kinds.addTitle(nodeKinds[kind].title, index + 1)}
          onPointerDown={(event) => start(kind, event)}
          onPointerMove={move}
          onPointerUp={end}
          onPointerCancel={() => setDrag(null)}
          onClick={(event) => {
            if (hasDragged.current) return;
            // A press of Enter has no pointer: the node goes to the middle.
            if (event.detail === 0) addInMiddle(kind);
            else arm(kind);
          }}
        >
          <KindIcon drawing={faces[kind].icon} size={18} />
          {nodeKinds[kind].title}
        </button>
      ))}
      {drag?.isMoving === true && createPortal(<Ghost drag={drag} zoom={flow.getZoom()} />, document.body)}
    </nav>
  );

  function addInMiddle(kind: NodeKindName): void {
    const canvas = document.querySelector('.canvas')?.getBoundingClientRect();
    if (canvas === undefined) return;
    const at = flow.screenToFlowPosition({ x: canvas.left + canvas.width / 2, y: canvas.top + canvas.height / 2 });
    addKind(kind, { x: at.x - nodeSize.width / 2, y: at.y - nodeSize.height / 2 });
  }
}

function Ghost({ drag, zoom }: { readonly drag: Drag; readonly zoom: number }) {
  const { title, summary } = nodeKinds[drag.kind];
  const shape = drag.kind === 'sink' ? 'end' : drag.kind === 'aggregate' ? 'table' : 'stream';
  return (
    <div
      className="ghost"
      style={{
        left: drag.x,
        top: drag.y,
        transform: `scale(${zoom}) translate(${-nodeSize.width / 2}px, ${-nodeSize.height / 2}px)`,
      }}
    >
      <article className="node">
        <div className="head">
          <i className="tile" data-shape={shape}>
            <KindIcon drawing={faces[drag.kind].icon} />
          </i>
          <h3>{title.toLowerCase()}</h3>
          <span className="kind">{drag.kind}</span>
          <p className="sum">{summary}</p>
        </div>
        <div className="foot" />
      </article>
    </div>
  );
}
