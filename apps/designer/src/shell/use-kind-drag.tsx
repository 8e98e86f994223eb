import { type NodeKindName, nodeKinds } from '@millrace/engine';
import { useReactFlow } from '@xyflow/react';
import { type MouseEvent, type PointerEvent, type ReactNode, useRef, useState } from 'react';
import { createPortal } from 'react-dom';
import { addKind, useCanvas } from '../canvas/canvas-store.ts';
import { CanvasView } from '../canvas/canvas-view.ts';
import { nodeSize } from '../canvas/pipeline-node.tsx';
import { useDocument } from '../document/document-store.ts';
import { KindIcon } from '../icons.tsx';
import { faces } from '../nodes/faces.ts';
import { newNodeShape } from '../nodes/node-shape.ts';
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

interface KindDrag {
  /** What a button of a kind listens to: drag it onto the canvas, click it and then click there, or press Enter. */
  handlersOf(kind: NodeKindName): {
    onPointerDown(event: PointerEvent<HTMLButtonElement>): void;
    onPointerMove(event: PointerEvent): void;
    onPointerUp(event: PointerEvent): void;
    onPointerCancel(): void;
    onClick(event: MouseEvent): void;
  };
  /** Adds a node under the selected one, or in the middle of the canvas. */
  addInMiddle(kind: NodeKindName): void;
  /** The node under the pointer while one is being dragged. */
  readonly ghost: ReactNode;
}

/** `onChosen` is called once a kind was dropped, armed or added. */
export function useKindDrag(onChosen: () => void = () => undefined): KindDrag {
  const [drag, setDrag] = useState<Drag | null>(null);
  /** A drag ends in a click too, which must not arm the kind. */
  const hasDragged = useRef(false);
  const flow = useReactFlow();

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
      event.clientY < canvas.bottom &&
      // Back where it came from: nothing is meant to be added.
      document.elementFromPoint(event.clientX, event.clientY)?.closest('.palette, .rail') === null;
    if (!isOver) return;
    const at = flow.screenToFlowPosition({ x: event.clientX, y: event.clientY }, { snapToGrid: false });
    addKind(drag.kind, { x: at.x - nodeSize.width / 2, y: at.y - nodeSize.height / 2 });
    onChosen();
  };
  const arm = (kind: NodeKindName): void => {
    const next = useCanvas.getState().armed === kind ? null : kind;
    useCanvas.setState({ armed: next });
    if (next !== null) toast({ text: words.kinds.armed(nodeKinds[kind].title), icon: 'info' });
    onChosen();
  };
  const addInMiddle = (kind: NodeKindName): void => {
    const { pipeline } = useDocument.getState();
    const canvas = document.querySelector<HTMLElement>('.canvas');
    if (pipeline === null || canvas === null) return;
    const view = new CanvasView(flow, { current: canvas });
    const added = addKind(kind, view.placeForNew(pipeline, useCanvas.getState().selectedNodes));
    if (added !== null) view.reveal(added);
    onChosen();
  };
  return {
    addInMiddle,
    ghost: drag?.isMoving === true && createPortal(<Ghost drag={drag} zoom={flow.getZoom()} />, document.body),
    handlersOf: (kind) => ({
      onPointerDown: (event) => {
        if (event.button !== 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        hasDragged.current = false;
        const { clientX, clientY } = event;
        setDrag({ kind, startX: clientX, startY: clientY, x: clientX, y: clientY, isMoving: false });
      },
      onPointerMove: ({ clientX, clientY }) => {
        if (drag === null) return;
        const isMoving = drag.isMoving || Math.hypot(clientX - drag.startX, clientY - drag.startY) > dragAfterPx;
        setDrag({ ...drag, x: clientX, y: clientY, isMoving });
      },
      onPointerUp: end,
      onPointerCancel: () => setDrag(null),
      onClick: (event) => {
        if (hasDragged.current) return;
        // A press of Enter has no pointer to say where.
        if (event.detail === 0) addInMiddle(kind);
        else arm(kind);
      },
    }),
  };
}

function Ghost({ drag, zoom }: { readonly drag: Drag; readonly zoom: number }) {
  const { title, summary } = nodeKinds[drag.kind];
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
          <i className="tile" data-shape={newNodeShape(drag.kind)}>
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
