import type { NodeLive } from '@millrace/api';
import type { PipelineEdge, PipelineNode } from '@millrace/engine';
import { parseEndpoint } from '@millrace/engine';
import { type Edge, EdgeLabelRenderer, type EdgeProps } from '@xyflow/react';
import { type CSSProperties, memo } from 'react';
import { useCatalogue } from '../document/catalogue-store.ts';
import { useDocument } from '../document/document-store.ts';
import { useValidation } from '../document/validation-store.ts';
import { Icon } from '../icons.tsx';
import { type FlowTeller, rateOver, tellerOf, totalOver } from '../live/edge-flow.ts';
import { flowWidth, quietRate } from '../live/edge-width.ts';
import { compact, rateFigure } from '../live/figures.ts';
import { lagTrend, peakOver, useLive } from '../live/live-store.ts';
import { entriesOf } from '../nodes/node-face.ts';
import { drawnShape, expectedShape } from '../nodes/node-shape.ts';
import { nodeOf, wiredTo } from '../nodes/pipeline-index.ts';
import { portsOf } from '../nodes/ports.ts';
import { repartitionedBy } from '../nodes/repartition.ts';
import { useRoute } from '../route.ts';
import { words } from '../words.ts';
import { type EdgePath, edgePath, type Lane } from './edge-path.ts';
import { laneOf } from './port-places.ts';
import { portReach } from './port-reach.ts';

export type FlowEdge = Edge<{ readonly edge: PipelineEdge }, 'pipeline'>;

/** A stream is one line, a table two; while it runs, banks, bed and water. */
export const PipelineEdgeView = memo(function PipelineEdgeView({
  data,
  sourceX,
  sourceY,
  targetX,
  targetY,
  selected,
}: EdgeProps<FlowEdge>) {
  const view = useRoute((state) => state.view);
  const edge = data?.edge;
  const shape = useValidation((state) => (edge === undefined ? undefined : state.outputs.get(edge.from)?.shape));
  const by = useRepartitionedBy(edge);
  const from = useEnd(edge?.from);
  const to = useEnd(edge?.to);
  if (edge === undefined) return null;
  const path = edgePath(
    { x: sourceX, y: sourceY - portReach },
    { x: targetX, y: targetY + portReach },
    edgeLane(edge, from, to, targetX - sourceX),
  );
  const teller = tellerOf(from, to);
  const drawn = drawnShape(shape ?? (from === null ? 'stream' : expectedShape(from)));
  const output = outputTitle(edge, from);
  return (
    <g
      className="edge"
      data-shape={drawn}
      data-selected={selected || undefined}
      data-testid={`edge-${edge.from}>${edge.to}`}
    >
      {view === 'live' ? (
        <LiveWater teller={teller} path={path} shape={drawn} />
      ) : (
        <EditLine path={path} shape={drawn} />
      )}
      <path className="hit" d={path.d} />
      {view === 'live' ? (
        <LiveLabel edge={edge} teller={teller} path={path} by={by} output={output} shape={drawn} />
      ) : (
        <>
          {by !== null && <LogGlyph path={path} waiting={null} />}
          {(by !== null || output !== null) && (
            <Label path={by === null ? path : besideLog(path)} keep={false}>
              {output}
              {by !== null && (
                <span className={output === null ? undefined : 'aside'}>{words.node.repartitionedBy(by)}</span>
              )}
            </Label>
          )}
        </>
      )}
    </g>
  );
});

/** The node at one end of an edge; it stays the same object while it is only moved. */
function useEnd(end: string | undefined): PipelineNode | null {
  return useDocument(({ pipeline }) => (end === undefined || pipeline === null ? null : nodeOf(pipeline, end)));
}

function useRepartitionedBy(edge: PipelineEdge | undefined): string | null {
  const outputs = useValidation((state) => state.outputs);
  const catalogue = useCatalogue((state) => state.catalogue);
  return useDocument(({ pipeline }) => {
    if (edge === undefined || pipeline === null) return null;
    const inputType = (node: string, port: string) => outputs.get(wiredTo(pipeline, node, port) ?? '');
    return repartitionedBy(pipeline, edge, { catalogue, inputType });
  });
}

/** Among the wires of the node that has the more ports at this edge. */
function edgeLane(edge: PipelineEdge, from: PipelineNode | null, to: PipelineNode | null, dx: number): Lane {
  const outputs = from === null ? [] : portsOf(from).outputs;
  const inputs = to === null ? [] : portsOf(to).inputs;
  const [ports, end, side] =
    outputs.length >= inputs.length
      ? ([outputs, edge.from, 'source'] as const)
      : ([inputs, edge.to, 'target'] as const);
  const index = ports.findIndex(({ name }) => name === parseEndpoint(end).port);
  return laneOf(Math.max(0, index), ports.length, dx, side);
}

/** Of a node with several outputs: by which of them the edge leaves. */
function outputTitle(edge: PipelineEdge, from: PipelineNode | null): string | null {
  const outputs = from === null ? [] : portsOf(from).outputs;
  if (outputs.length < 2) return null;
  const { port } = parseEndpoint(edge.from);
  return outputs.find(({ name }) => name === port)?.name ?? null;
}

function EditLine({ path, shape }: { readonly path: EdgePath; readonly shape: string }) {
  return (
    <>
      <path className="line" data-shape={shape} d={path.d} />
      {shape === 'table' && <path className="slit" d={path.d} />}
    </>
  );
}

const quietBank = 6;
const quietBed = 4;

function LiveWater({
  teller,
  path,
  shape,
}: {
  readonly teller: FlowTeller | null;
  readonly path: EdgePath;
  readonly shape: string;
}) {
  const rate = useLive((state) => rateOver(teller, state.nodes) ?? 0);
  const peak = useLive((state) => state.peak);
  const isQuiet = rate < quietRate;
  const width = isQuiet ? 0 : flowWidth(rate, peak);
  // The banks stand where the water of this edge's own peak within the hour reached.
  const reach = isQuiet ? quietBank - 4 : Math.max(width, flowWidth(peakOver(teller), peak));
  return (
    <g data-quiet={isQuiet || undefined}>
      <path className="bank" d={path.d} style={{ strokeWidth: reach + 4 }} />
      <path className="bed" d={path.d} style={{ strokeWidth: isQuiet ? quietBed : reach + 2 }} />
      <path className="flow" d={path.d} style={{ strokeWidth: width }} />
      {shape === 'table' && !isQuiet && <path className="slit" d={path.d} style={{ strokeWidth: 1.25 }} />}
    </g>
  );
}

function LiveLabel({
  edge,
  teller,
  path,
  by,
  output,
  shape,
}: {
  readonly edge: PipelineEdge;
  readonly teller: FlowTeller | null;
  readonly path: EdgePath;
  readonly by: string | null;
  readonly output: string | null;
  readonly shape: string;
}) {
  const source = parseEndpoint(edge.from).node;
  const target = parseEndpoint(edge.to).node;
  const rate = useLive((state) => rateOver(teller, state.nodes));
  const total = useLive((state) => totalOver(teller, state.nodes));
  const waiting = useLive((state) => (by === null ? null : (state.nodes.get(target)?.waiting ?? null)));
  const rows = useLive((state) => (shape === 'table' ? entriesOf(state.storesOf.get(source) ?? []) : null));
  const showRates = useLive((state) => state.showRates);
  if (by !== null) {
    return (
      <>
        <LogGlyph path={path} waiting={waiting?.byPartition ?? null} />
        {showRates && (
          <Label path={besideLog(path)} keep={waiting?.byPartition.some((count) => count > 0) === true}>
            {output}
            {rate !== undefined && (
              <span className="flow-rate">
                {rateFigure(rate)}
                {words.node.perSecond}
              </span>
            )}
            <Total records={total} />
            <Behind node={target} waiting={waiting} by={by} />
          </Label>
        )}
      </>
    );
  }
  if (!showRates || (rate === undefined && output === null)) return null;
  if (rate === undefined)
    return (
      <Label path={path} keep={false}>
        {output}
      </Label>
    );
  const isQuiet = rate < quietRate;
  return (
    <Label path={path} keep={false}>
      {output !== null && <span className="aside">{output}</span>}
      {isQuiet ? quietText(rows) : `${rateFigure(rate)}${words.node.perSecond}`}
      {(!isQuiet || rows === null) && <Total records={total} />}
    </Label>
  );
}

/** How many records have gone this way since the pipeline's first start. */
function Total({ records }: { readonly records: number | undefined }) {
  return records === undefined ? null : <span className="aside">{words.node.total(compact(records))}</span>;
}

function quietText(rows: number | null): string {
  return rows === null ? words.node.quiet : `${words.node.rows(compact(rows))}, ${words.node.quiet}`;
}

/** What waits in the log in front of the node; while nothing does, what the records are keyed by. */
function Behind({
  node,
  waiting,
  by,
}: {
  readonly node: string;
  readonly waiting: NodeLive['waiting'];
  readonly by: string;
}) {
  const records = waiting?.byPartition.reduce((sum, count) => sum + count, 0) ?? 0;
  if (records === 0) return <span className="aside">{words.node.repartitionedBy(by)}</span>;
  return (
    <>
      {words.node.behind(compact(records))}
      <Icon name={lagTrend(node)} size={12} />
    </>
  );
}

const cellsMax = 8;

/** The log between two tasks, one cell a partition, filled by what waits against the fullest. */
function LogGlyph({ path, waiting }: { readonly path: EdgePath; readonly waiting: readonly number[] | null }) {
  const cells = waiting === null || waiting.length === 0 ? [0, 0, 0, 0] : waiting;
  const fullest = Math.max(1, ...cells);
  return (
    <EdgeLabelRenderer>
      <span className="relog" style={{ transform: `translate(${path.log.x - 24}px, ${path.log.y - 8}px)` }}>
        {cells.length > cellsMax ? (
          <b>{cells.length} p</b>
        ) : (
          cells.map((count, partition) => {
            const fill = { '--fill': count === 0 ? '0%' : `${Math.max(8, (count / fullest) * 100)}%` } as CSSProperties;
            // biome-ignore lint/suspicious/noArrayIndexKey: a partition is its index.
            return <i key={partition} style={fill} />;
          })
        )}
      </span>
    </EdgeLabelRenderer>
  );
}

function besideLog(path: EdgePath): EdgePath {
  return { ...path, label: { x: path.log.x + 32, y: path.log.y - 9, beside: 'vertical' } };
}

function Label({
  path,
  keep,
  children,
}: {
  readonly path: EdgePath;
  readonly keep: boolean;
  readonly children: React.ReactNode;
}) {
  const { x, y, beside } = path.label;
  return (
    <EdgeLabelRenderer>
      <span
        className="edge-label"
        data-keep={keep || undefined}
        style={{ transform: `translate(${x}px, ${y}px)${beside === 'horizontal' ? ' translateX(-50%)' : ''}` }}
      >
        {children}
      </span>
    </EdgeLabelRenderer>
  );
}
