import type { NodeLive } from '@millrace/api';
import type { PipelineEdge } from '@millrace/engine';
import { parseEndpoint } from '@millrace/engine';
import { type Edge, EdgeLabelRenderer, type EdgeProps } from '@xyflow/react';
import { type CSSProperties, memo } from 'react';
import { useDocument } from '../document/document-store.ts';
import { useValidation } from '../document/validation-store.ts';
import { Icon } from '../icons.tsx';
import { flowWidth, quietRate } from '../live/edge-width.ts';
import { compact, rateFigure } from '../live/figures.ts';
import { lagTrend, pastOf, useLive } from '../live/live-store.ts';
import { entriesOf } from '../nodes/node-face.ts';
import { expectedShape } from '../nodes/node-shape.ts';
import { nodeOf } from '../nodes/pipeline-index.ts';
import { repartitionedBy } from '../nodes/repartition.ts';
import { useRoute } from '../route.ts';
import { words } from '../words.ts';
import { type EdgePath, edgePath } from './edge-path.ts';
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
  const expected = useDocument(({ pipeline }) => {
    const node = edge === undefined || pipeline === null ? null : nodeOf(pipeline, edge.from);
    return node !== null && expectedShape(node) === 'table' ? 'table' : 'stream';
  });
  const by = useDocument(({ pipeline }) =>
    edge === undefined || pipeline === null ? null : repartitionedBy(pipeline, edge),
  );
  if (edge === undefined) return null;
  const path = edgePath({ x: sourceX, y: sourceY - portReach }, { x: targetX, y: targetY + portReach });
  const drawn = shape ?? expected;
  return (
    <g
      className="edge"
      data-shape={drawn}
      data-selected={selected || undefined}
      data-testid={`edge-${edge.from}>${edge.to}`}
    >
      {view === 'live' ? <LiveWater edge={edge} path={path} shape={drawn} /> : <EditLine path={path} shape={drawn} />}
      <path className="hit" d={path.d} />
      {view === 'live' ? (
        <LiveLabel edge={edge} path={path} by={by} shape={drawn} />
      ) : (
        by !== null && (
          <>
            <LogGlyph path={path} waiting={null} />
            <Label path={besideLog(path)} keep={false}>
              {words.node.repartitionedBy(by)}
            </Label>
          </>
        )
      )}
    </g>
  );
});

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
  edge,
  path,
  shape,
}: {
  readonly edge: PipelineEdge;
  readonly path: EdgePath;
  readonly shape: string;
}) {
  const { node } = parseEndpoint(edge.from);
  const rate = useLive((state) => state.nodes.get(node)?.rates.out ?? 0);
  const peak = useLive((state) => state.peak);
  const isQuiet = rate < quietRate;
  const width = isQuiet ? 0 : flowWidth(rate, peak);
  // The banks stand where the water of this edge's own peak within the hour reached.
  const reach = isQuiet ? quietBank - 4 : Math.max(width, flowWidth(pastOf(node).outPeak.value, peak));
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
  path,
  by,
  shape,
}: {
  readonly edge: PipelineEdge;
  readonly path: EdgePath;
  readonly by: string | null;
  readonly shape: string;
}) {
  const source = parseEndpoint(edge.from).node;
  const target = parseEndpoint(edge.to).node;
  const rate = useLive((state) => state.nodes.get(source)?.rates.out);
  const total = useLive((state) => state.nodes.get(source)?.counters.out);
  const waiting = useLive((state) => (by === null ? null : (state.nodes.get(target)?.waiting ?? null)));
  const rows = useLive((state) => (shape === 'table' ? entriesOf(state.storesOf.get(source) ?? []) : null));
  const showRates = useLive((state) => state.showRates);
  if (by !== null) {
    return (
      <>
        <LogGlyph path={path} waiting={waiting?.byPartition ?? null} />
        {showRates && (
          <Label path={besideLog(path)} keep={waiting?.byPartition.some((count) => count > 0) === true}>
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
  if (!showRates || rate === undefined) return null;
  const isQuiet = rate < quietRate;
  return (
    <Label path={path} keep={false}>
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
