import {
  Background,
  BackgroundVariant,
  type Connection,
  type FinalConnectionState,
  type NodeChange,
  type OnConnectStartParams,
  ReactFlow,
  SelectionMode,
  useOnViewportChange,
  useReactFlow,
  type Viewport,
} from '@xyflow/react';
import { type MouseEvent, useCallback, useEffect, useMemo, useRef } from 'react';
import { connect, gridStep, moveNodes } from '../document/commands.ts';
import { apply, useDocument } from '../document/document-store.ts';
import { useValidation } from '../document/validation-store.ts';
import { useLive } from '../live/live-store.ts';
import { navigate, useRoute } from '../route.ts';
import { toast } from '../shell/toast-store.ts';
import { Toasts } from '../shell/toasts.tsx';
import { words } from '../words.ts';
import { CanvasNotes } from './canvas-notes.tsx';
import { addKind, select, selectOnly, useCanvas } from './canvas-store.ts';
import { DotLayer, dotZoom, fullZoom } from './dot-layer.tsx';
import { FlowElements } from './flow-elements.ts';
import { Minimap } from './minimap.tsx';
import { type FlowEdge, PipelineEdgeView } from './pipeline-edge.tsx';
import { type FlowNode, nodeSize, PipelineNodeView } from './pipeline-node.tsx';
import { useCanvasKeys } from './use-canvas-keys.ts';
import { WireLine } from './wire-line.tsx';
import { verdictsOf } from './wire-verdicts.ts';
import { fitOptions, ZoomBar } from './zoom-bar.tsx';

const nodeTypes = { pipeline: PipelineNodeView };
const edgeTypes = { pipeline: PipelineEdgeView };
/** From so many nodes on only those in view are drawn. */
const cullFrom = 120;

const endsOf = (connection: Pick<Connection, 'source' | 'sourceHandle' | 'target' | 'targetHandle'>) => ({
  from: `${connection.source}.${connection.sourceHandle ?? ''}`,
  to: `${connection.target}.${connection.targetHandle ?? ''}`,
});

/** The canvas: the document as nodes and edges, the same in every view. */
export function Canvas() {
  const section = useRef<HTMLElement>(null);
  const pipeline = useDocument((state) => state.pipeline);
  const view = useRoute((state) => state.view);
  const isStale = useLive((state) => state.isStale);
  const selectedNodes = useCanvas((state) => state.selectedNodes);
  const selectedEdges = useCanvas((state) => state.selectedEdges);
  const armed = useCanvas((state) => state.armed);
  const isWiring = useCanvas((state) => state.wiring !== null);
  const byNode = useValidation((state) => state.byNode);
  const flow = useReactFlow<FlowNode, FlowEdge>();
  const elements = useRef<FlowElements>(null);
  elements.current ??= new FlowElements();
  const made = elements.current;
  const nodes = useMemo(
    () => (pipeline === null ? [] : made.nodes(pipeline, selectedNodes, byNode)),
    [made, pipeline, selectedNodes, byNode],
  );
  const edges = useMemo(
    () => (pipeline === null ? [] : made.edges(pipeline, selectedEdges)),
    [made, pipeline, selectedEdges],
  );
  const isEdit = view === 'edit';
  /** An empty canvas stays where it is when its first node comes. */
  const opensWithNodes = useRef(nodes.length > 0);

  useZoomClass(section);
  useKeepInView(section);
  const onKeyDown = useCanvasKeys(section);

  const onNodesChange = useCallback((changes: NodeChange<FlowNode>[]) => {
    const moved = new Map<string, { x: number; y: number }>();
    let chosen: Set<string> | null = null;
    for (const change of changes) {
      if (change.type === 'position' && change.position !== undefined) moved.set(change.id, change.position);
      if (change.type === 'select') {
        chosen ??= new Set(useCanvas.getState().selectedNodes);
        if (change.selected) chosen.add(change.id);
        else chosen.delete(change.id);
      }
    }
    if (moved.size > 0) apply(moveNodes(moved));
    if (chosen !== null) select(chosen, useCanvas.getState().selectedEdges);
  }, []);

  const onEdgesChange = useCallback((changes: { type: string; id?: string; selected?: boolean }[]) => {
    const chosen = new Set(useCanvas.getState().selectedEdges);
    for (const change of changes) {
      if (change.type !== 'select' || change.id === undefined) continue;
      if (change.selected) chosen.add(change.id);
      else chosen.delete(change.id);
    }
    useCanvas.setState({ selectedEdges: chosen });
  }, []);

  const onConnectStart = useCallback((_: unknown, { nodeId, handleId, handleType }: OnConnectStartParams) => {
    if (nodeId === null || handleType === null) return;
    const from = `${nodeId}.${handleId ?? ''}`;
    useCanvas.setState({ wiring: { from, side: handleType, verdicts: verdictsOf(from, handleType), at: null } });
  }, []);

  const onConnectEnd = useCallback((_: unknown, state: FinalConnectionState) => {
    const { wiring } = useCanvas.getState();
    useCanvas.setState({ wiring: null });
    if (wiring === null || state.toHandle === null || state.toHandle === undefined || state.isValid === true) return;
    const refusal = wiring.verdicts.get(`${state.toHandle.nodeId}.${state.toHandle.id ?? ''}`);
    if (typeof refusal === 'string') toast({ text: refusal, icon: 'invalid' });
  }, []);

  // The keys of the canvas act while it has the focus, which a press on it gives and opening a pipeline too.
  const takeFocus = useCallback(() => section.current?.focus({ preventScroll: true }), []);
  useEffect(() => {
    if (document.activeElement === document.body) takeFocus();
  }, [takeFocus]);

  const onPaneClick = useCallback(
    (event: MouseEvent) => {
      takeFocus();
      const { armed: kind } = useCanvas.getState();
      if (kind === null) return;
      const at = flow.screenToFlowPosition({ x: event.clientX, y: event.clientY }, { snapToGrid: false });
      addKind(kind, { x: at.x - nodeSize.width / 2, y: at.y - nodeSize.height / 2 });
    },
    [flow, takeFocus],
  );

  return (
    <section
      ref={section}
      className="canvas"
      tabIndex={-1}
      aria-label={words.kinds.canvas}
      data-testid="canvas"
      data-view={view}
      data-armed={armed ?? undefined}
      data-wiring={isWiring || undefined}
      data-stale={(view === 'live' && isStale) || undefined}
      onKeyDown={onKeyDown}
    >
      <ReactFlow<FlowNode, FlowEdge>
        nodes={nodes}
        edges={edges}
        nodeTypes={nodeTypes}
        edgeTypes={edgeTypes}
        onNodesChange={onNodesChange}
        onEdgesChange={onEdgesChange}
        onConnect={(connection) => apply(connect(endsOf(connection)))}
        onConnectStart={onConnectStart}
        onConnectEnd={onConnectEnd}
        isValidConnection={(connection) => {
          const { wiring } = useCanvas.getState();
          const { from, to } = endsOf({
            ...connection,
            sourceHandle: connection.sourceHandle ?? null,
            targetHandle: connection.targetHandle ?? null,
          });
          return wiring !== null && wiring.verdicts.get(wiring.side === 'source' ? to : from) === null;
        }}
        onPaneClick={onPaneClick}
        onNodeDoubleClick={(_, node) => isEdit && useCanvas.setState({ renaming: node.id })}
        onNodeClick={(event, node) => {
          // A press on the node whose panel was closed opens it again.
          if (!event.shiftKey && !event.ctrlKey && !event.metaKey && useRoute.getState().node !== node.id)
            selectOnly(node.id);
          if (useRoute.getState().store !== null) navigate({ store: null });
        }}
        connectionLineComponent={WireLine}
        connectionRadius={28}
        nodesDraggable={isEdit}
        nodesConnectable={isEdit}
        edgesReconnectable={false}
        edgesFocusable={isEdit}
        elementsSelectable
        deleteKeyCode={null}
        disableKeyboardA11y
        multiSelectionKeyCode={['Control', 'Meta', 'Shift']}
        selectionKeyCode="Shift"
        selectionMode={SelectionMode.Partial}
        selectNodesOnDrag={false}
        nodeDragThreshold={3}
        snapToGrid
        snapGrid={[gridStep, gridStep]}
        minZoom={0.1}
        maxZoom={2}
        zoomOnDoubleClick={false}
        fitView={opensWithNodes.current}
        fitViewOptions={{ ...fitOptions, duration: 0 }}
        onlyRenderVisibleElements={nodes.length > cullFrom}
        elevateNodesOnSelect={false}
        proOptions={{ hideAttribution: true }}
      >
        {isEdit && <Background variant={BackgroundVariant.Dots} gap={16} size={2} />}
        <DotLayer />
      </ReactFlow>
      <CanvasNotes />
      <Toasts />
      <ZoomBar />
      {isEdit && <Minimap />}
    </section>
  );
}

/** The zoom level becomes an attribute, so that style switches full, compact and dot without a render. */
function useZoomClass(section: React.RefObject<HTMLElement | null>): void {
  const { getViewport } = useReactFlow();
  const mark = useCallback(
    ({ zoom }: Viewport) => {
      const element = section.current;
      if (element === null) return;
      element.dataset.zoom = zoom >= fullZoom ? 'full' : zoom >= dotZoom ? 'compact' : 'dot';
      // A name is 11.5 px on the screen, within 16 and 26 px of the world.
      element.style.setProperty('--far-size', `${Math.min(26, Math.max(16, Math.ceil((11.5 / zoom) * 2) / 2))}px`);
    },
    [section],
  );
  useOnViewportChange({ onChange: mark });
  useEffect(() => mark(getViewport()), [mark, getViewport]);
}

const margin = 24;

/** When a panel takes room, what matters stays in view: the whole beside a store or a topic, the selected node beside its own panel. */
function useKeepInView(section: React.RefObject<HTMLElement | null>): void {
  const flow = useReactFlow();
  useEffect(() => {
    const element = section.current;
    if (element === null) return;
    let width = element.clientWidth;
    /** What was shown before the canvas was fitted into little room, to be shown again when the room is back. */
    let before: Viewport | null = null;
    const observer = new ResizeObserver(() => {
      const change = element.clientWidth - width;
      width = element.clientWidth;
      if (Math.abs(change) < 40 || flow.getNodes().length === 0) return;
      const { store, topic, node } = useRoute.getState();
      if (change < 0 && (store !== null || topic !== null)) {
        before ??= flow.getViewport();
        void flow.fitView(fitOptions);
      } else if (change > 0 && before !== null && store === null && topic === null) {
        void flow.setViewport(before, { duration: 240 });
        before = null;
      } else if (change < 0 && node !== null) {
        const place = flow.getNode(node)?.position;
        const { x, y, zoom } = flow.getViewport();
        const all = flow.getNodesBounds(flow.getNodes());
        const fits = all.width * zoom + 2 * margin <= width;
        const [left, right] =
          fits || place === undefined ? [all.x, all.x + all.width] : [place.x, place.x + nodeSize.width];
        const cut = Math.min(right * zoom + x + margin - width, left * zoom + x - margin);
        if (cut > 0) void flow.setViewport({ x: x - cut, y, zoom }, { duration: 180 });
      }
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [section, flow]);
}
