import { type Pipeline, parseEndpoint } from '@millrace/engine';
import { useReactFlow } from '@xyflow/react';
import { type KeyboardEvent, type RefObject, useCallback, useMemo } from 'react';
import { connect, flowOrder, gridStep, moveNodes } from '../document/commands.ts';
import { apply, useDocument } from '../document/document-store.ts';
import { toggleRates, useLive } from '../live/live-store.ts';
import { railKinds } from '../nodes/kind-search.ts';
import { nodeOf } from '../nodes/pipeline-index.ts';
import { portsOf } from '../nodes/ports.ts';
import { navigate, useRoute } from '../route.ts';
import { toast } from '../shell/toast-store.ts';
import { words } from '../words.ts';
import { addKind, deleteSelection, select, selectOnly, useCanvas } from './canvas-store.ts';
import { CanvasView } from './canvas-view.ts';
import { verdictsOf } from './wire-verdicts.ts';
import { fitOptions } from './zoom-bar.tsx';

/** The keys of the canvas; they act only while something on it has the focus. */
export function useCanvasKeys(section: RefObject<HTMLElement | null>): (event: KeyboardEvent) => void {
  const flow = useReactFlow();
  const view = useMemo(() => new CanvasView(flow, section), [flow, section]);
  return useCallback(
    (event: KeyboardEvent) => {
      const { pipeline } = useDocument.getState();
      const target = event.target as HTMLElement;
      if (pipeline === null || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || target.isContentEditable) return;
      const isEdit = useRoute.getState().view === 'edit';
      const handled =
        wiringKeys(event, view) ||
        viewKeys(event, flow) ||
        (isEdit && editKeys(event, pipeline, view)) ||
        walkKeys(event, pipeline, view);
      if (handled) {
        event.preventDefault();
        event.stopPropagation();
      }
    },
    [flow, view],
  );
}

type Flow = ReturnType<typeof useReactFlow>;

/** While a wire is drawn by keys, Tab goes through the inputs that take it. */
function wiringKeys(event: KeyboardEvent, view: CanvasView): boolean {
  const { wiring } = useCanvas.getState();
  if (wiring === null || wiring.at === null) return false;
  if (event.key === 'Escape') {
    useCanvas.setState({ wiring: null });
    return true;
  }
  if (event.key === 'Enter') {
    const at = wiring.at;
    useCanvas.setState({ wiring: null });
    apply(connect({ from: wiring.from, to: at }));
    selectOnly(parseEndpoint(at).node);
    return true;
  }
  if (event.key === 'Tab') {
    const free = freeEnds(wiring.verdicts);
    const step = event.shiftKey ? free.length - 1 : 1;
    const next = free[(free.indexOf(wiring.at) + step) % free.length];
    if (next !== undefined) {
      useCanvas.setState({ wiring: { ...wiring, at: next } });
      view.reveal(parseEndpoint(next).node);
    }
    return true;
  }
  return false;
}

function freeEnds(verdicts: ReadonlyMap<string, string | null>): readonly string[] {
  return [...verdicts].filter(([, refusal]) => refusal === null).map(([end]) => end);
}

function viewKeys(event: KeyboardEvent, flow: Flow): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  const { selectedNodes } = useCanvas.getState();
  if (event.shiftKey && event.code === 'Digit1') return did(flow.fitView(fitOptions));
  if (event.shiftKey && event.code === 'Digit2') {
    return did(flow.fitView({ ...fitOptions, nodes: [...selectedNodes].map((id) => ({ id })) }));
  }
  switch (event.key) {
    case '+':
    case '=':
      return did(flow.zoomIn({ duration: 120 }));
    case '-':
      return did(flow.zoomOut({ duration: 120 }));
    case '0':
      return did(flow.zoomTo(1, { duration: 120 }));
    case 'r':
    case 'R':
      toggleRates();
      return true;
    case 's':
    case 'S': {
      const { frame } = useLive.getState();
      const own = frame?.stores.find((store) => selectedNodes.has(store.node)) ?? frame?.stores[0];
      if (own !== undefined) navigate({ view: 'live', store: own.name, topic: null });
      return own !== undefined;
    }
    case 'Escape':
      return leave();
    default:
      return false;
  }
}

function did(_: unknown): true {
  return true;
}

/** Esc goes out one step at a time. */
function leave(): boolean {
  const { armed, selectedNodes, selectedEdges } = useCanvas.getState();
  const { store, topic } = useRoute.getState();
  if (armed !== null) useCanvas.setState({ armed: null });
  else if (store !== null || topic !== null) navigate({ store: null, topic: null });
  else if (selectedNodes.size > 0 || selectedEdges.size > 0) select(new Set());
  else return false;
  return true;
}

function editKeys(event: KeyboardEvent, pipeline: Pipeline, view: CanvasView): boolean {
  const { selectedNodes } = useCanvas.getState();
  const [first] = selectedNodes;
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'a') {
    select(new Set(pipeline.nodes.map((node) => node.id)), new Set());
    return true;
  }
  if (event.altKey && event.key.startsWith('Arrow')) return nudge(event, pipeline, selectedNodes);
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  if (!event.shiftKey && /^[1-6]$/.test(event.key)) {
    const kind = railKinds[Number(event.key) - 1];
    if (kind === undefined) return false;
    const added = addKind(kind, view.placeForNew(pipeline, selectedNodes));
    // The node is drawn first; then it takes the focus, so that the next key acts on it.
    if (added !== null) requestAnimationFrame(() => requestAnimationFrame(() => view.focus(added)));
    return true;
  }
  if (event.key === '/') {
    useCanvas.setState({ isPaletteOpen: true });
    return true;
  }
  if (event.key === 'Delete' || event.key === 'Backspace') {
    deleteSelection();
    return true;
  }
  if (event.key === 'F2' && first !== undefined) {
    useCanvas.setState({ renaming: first });
    return true;
  }
  if (event.key.toLowerCase() === 'w' && first !== undefined) return startWire(pipeline, first, view);
  return false;
}

function nudge(event: KeyboardEvent, pipeline: Pipeline, selected: ReadonlySet<string>): boolean {
  const by = event.shiftKey ? 4 * gridStep : gridStep;
  const dx = event.key === 'ArrowLeft' ? -by : event.key === 'ArrowRight' ? by : 0;
  const dy = event.key === 'ArrowUp' ? -by : event.key === 'ArrowDown' ? by : 0;
  const moved = pipeline.layout.nodes
    .filter((place) => selected.has(place.id))
    .map((place) => [place.id, { x: place.x + dx, y: place.y + dy }] as const);
  apply(moveNodes(new Map(moved)));
  return moved.length > 0;
}

function startWire(pipeline: Pipeline, id: string, view: CanvasView): boolean {
  const node = nodeOf(pipeline, `${id}.`);
  const [output] = node === null ? [] : portsOf(node).outputs;
  if (node === null || output === undefined) return false;
  const from = `${id}.${output.name}`;
  const verdicts = verdictsOf(from, 'source');
  const [at] = freeEnds(verdicts);
  if (at === undefined) {
    toast({ text: words.canvas.noTarget(node.name), icon: 'info' });
    return true;
  }
  useCanvas.setState({ wiring: { from, side: 'source', verdicts, at } });
  view.reveal(parseEndpoint(at).node);
  toast({ text: words.canvas.wiring(node.name), icon: 'info' });
  return true;
}

/** Along a wire up and down, to the nodes beside left and right; Enter goes into the panel. */
function walkKeys(event: KeyboardEvent, pipeline: Pipeline, view: CanvasView): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  const [id] = useCanvas.getState().selectedNodes;
  const focused = (event.target as HTMLElement).closest<HTMLElement>('.react-flow__node')?.dataset.id;
  const at = focused ?? id;
  if (event.key === 'Enter' || event.key === ' ') {
    if (at === undefined) return false;
    if (event.key === ' ' && focused === undefined) return false;
    selectOnly(at);
    if (event.key === 'Enter')
      requestAnimationFrame(() => document.querySelector<HTMLElement>('.right [role="tab"]')?.focus());
    return true;
  }
  if (!event.key.startsWith('Arrow')) return false;
  const next = at === undefined ? flowOrder(pipeline)[0] : neighbour(pipeline, at, event.key);
  if (next !== undefined) {
    selectOnly(next);
    view.focus(next);
  }
  return true;
}

function neighbour(pipeline: Pipeline, at: string, key: string): string | undefined {
  const places = new Map(pipeline.layout.nodes.map((place) => [place.id, place]));
  const here = places.get(at);
  if (key === 'ArrowDown')
    return pipeline.edges
      .map((edge) => [parseEndpoint(edge.from).node, parseEndpoint(edge.to).node])
      .find(([from]) => from === at)?.[1];
  if (key === 'ArrowUp')
    return pipeline.edges
      .map((edge) => [parseEndpoint(edge.from).node, parseEndpoint(edge.to).node])
      .find(([, to]) => to === at)?.[0];
  if (here === undefined) return undefined;
  const side = key === 'ArrowRight' ? 1 : -1;
  const distance = (place: { x: number; y: number }): number =>
    Math.abs(place.x - here.x) + 3 * Math.abs(place.y - here.y);
  return [...places.values()]
    .filter((place) => side * (place.x - here.x) > 0)
    .sort((a, b) => distance(a) - distance(b))[0]?.id;
}
