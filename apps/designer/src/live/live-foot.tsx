import type { StoreLive } from '@millrace/api';
import type { PipelineNode } from '@millrace/engine';
import { Icon } from '../icons.tsx';
import { faceOf } from '../nodes/faces.ts';
import { entriesOf } from '../nodes/node-face.ts';
import { drawnShape, type NodeShape } from '../nodes/node-shape.ts';
import { words } from '../words.ts';
import { quietRate } from './edge-width.ts';
import { compact, exact, percent, rateFigure, unknownFigure } from './figures.ts';
import { lagTrend, useLive } from './live-store.ts';
import { restoredShare } from './restore-progress.ts';
import { Spark } from './spark.tsx';

const noStores: readonly StoreLive[] = [];

/** While it runs: what is read now · the last five minutes · one fact. */
export function LiveFoot({ node, shape }: { readonly node: PipelineNode; readonly shape: NodeShape }) {
  const live = useLive((state) => state.nodes.get(node.id));
  const stores = useLive((state) => state.storesOf.get(node.id) ?? noStores);
  const showRates = useLive((state) => state.showRates);
  const restored = useLive((state) => state.deployment?.restored ?? null);
  if (restored !== null && (stores.length > 0 || drawnShape(shape) === 'table')) {
    const share = restoredShare(restored);
    const { records, totalRecords } = restored;
    return (
      <div className="foot" title={words.restoredOf(exact(records), exact(totalRecords))}>
        <span className="rate">{percent(share)}</span>
        <span className="bar">
          <i style={{ width: `${share * 100}%` }} />
        </span>
        <span>{words.node.restored(compact(records), compact(totalRecords))}</span>
      </div>
    );
  }
  const fact = live === undefined ? unknownFigure : (faceOf(node.kind)?.fact(live, stores) ?? unknownFigure);
  const trend =
    live !== undefined &&
    live.lagRecords !== null &&
    live.lagRecords > 0 &&
    node.kind === 'source' &&
    stores.length === 0
      ? lagTrend(node.id)
      : null;
  return (
    <div className="foot">
      {showRates && (
        <>
          <span className="rate">
            {rateFigure(live?.rates.in)}
            <small>{words.node.perSecond}</small>
          </span>
          <Spark node={node.id} shape={shape} />
        </>
      )}
      <span className="last">
        <span className="cut">{fact.startsWith(unknownFigure) ? unknownFigure : fact}</span>
        {trend !== null && <Icon name={trend} size={12} />}
      </span>
    </div>
  );
}

/** One figure, for a node that is seen from afar. */
export function LiveFarLine({ node }: { readonly node: PipelineNode }) {
  const rate = useLive((state) => state.nodes.get(node.id)?.rates.in);
  const restored = useLive((state) => state.deployment?.restored ?? null);
  const rows = useLive((state) => entriesOf(state.storesOf.get(node.id) ?? noStores));
  if (restored === null && rows !== null && (rate ?? 0) < quietRate) {
    return <p className="far">{words.node.rows(compact(rows))}</p>;
  }
  return (
    <p className="far">
      {restored !== null
        ? words.node.restoring(percent(restoredShare(restored)))
        : `${rateFigure(rate)}${words.node.perSecond}`}
    </p>
  );
}
