import type { PipelineNode } from '@millrace/engine';
import { useMemo } from 'react';
import { selectOnly } from '../canvas/canvas-store.ts';
import { flowOrder } from '../document/commands.ts';
import { useDocument } from '../document/document-store.ts';
import { Icon } from '../icons.tsx';
import { useNodeShape } from '../nodes/node-shape.ts';
import { navigate, useRoute } from '../route.ts';
import { words } from '../words.ts';
import { compact, exact, rateFigure, unknownFigure } from './figures.ts';
import { useLive } from './live-store.ts';
import { lostCount } from './lost-records.tsx';
import { WorkerRows } from './worker-rows.tsx';

/** While it runs: nodes with rates, stores with entries, topics with what waits in them. */
export function Outline() {
  const pipeline = useDocument((state) => state.pipeline);
  const isStale = useLive((state) => state.isStale);
  const nodes = useMemo(() => {
    if (pipeline === null) return [];
    const byId = new Map(pipeline.nodes.map((node) => [node.id, node]));
    return flowOrder(pipeline).flatMap((id) => byId.get(id) ?? []);
  }, [pipeline]);
  return (
    <aside className="left outline" aria-label={words.live.outline} data-stale={isStale || undefined}>
      <section>
        <h4>
          {words.live.nodes}
          <span>{words.live.recordsPerSecond}</span>
        </h4>
        {nodes.map((node) => (
          <NodeRow key={node.id} node={node} />
        ))}
      </section>
      <StoreRows />
      <TopicRows />
      <WorkerRows />
    </aside>
  );
}

function NodeRow({ node }: { readonly node: PipelineNode }) {
  const shape = useNodeShape(node);
  const rate = useLive((state) => state.nodes.get(node.id)?.rates.in);
  const failed = useLive((state) => (state.nodes.get(node.id)?.counters.failed ?? 0) > 0);
  const lost = useLive((state) => lostCount(state.nodes.get(node.id)) > 0);
  const showRates = useLive((state) => state.showRates);
  const isAt = useRoute((state) => state.node === node.id && state.store === null && state.topic === null);
  return (
    <button type="button" aria-current={isAt} onClick={() => selectOnly(node.id)}>
      <i className="gl" data-shape={shape} />
      <span className="n cut">{node.name}</span>
      <span className="v">
        {failed && <Icon name="failing" size={12} className="g-bad" />}
        {lost && !failed && <Icon name="warning" size={12} className="g-warn" />}
        {showRates && rateFigure(rate)}
      </span>
    </button>
  );
}

function StoreRows() {
  const stores = useLive((state) => state.frame?.stores);
  const nodes = useDocument((state) => state.pipeline?.nodes);
  const at = useRoute((state) => state.store);
  return (
    <section>
      <h4>
        {words.live.stores}
        <span>{words.live.entries}</span>
      </h4>
      {stores === undefined || stores.length === 0 ? (
        <p>{words.stores.none}</p>
      ) : (
        stores.map((store) => (
          <button
            key={store.name}
            type="button"
            aria-current={at === store.name}
            title={store.name}
            onClick={() => navigate({ view: 'live', store: store.name, topic: null })}
          >
            <Icon name="store" size={14} className="g-table" />
            <span className="n cut">{nodes?.find((node) => node.id === store.node)?.name ?? store.name}</span>
            <span className="v">{exact(store.entries)}</span>
          </button>
        ))
      )}
    </section>
  );
}

/** Topics that say something of the running pipeline; changelogs and the log of commits do not. */
const telling = new Set(['external', 'repartition', 'dead-letter']);

function TopicRows() {
  const topics = useLive((state) => state.frame?.topics);
  const id = useDocument((state) => state.pipeline?.id ?? '');
  const at = useRoute((state) => state.topic);
  const shown = (topics ?? []).filter((topic) => telling.has(topic.role));
  return (
    <section>
      <h4>
        {words.live.topics}
        <span>{words.live.behind}</span>
      </h4>
      {shown.length === 0 && <p>{words.topics.none}</p>}
      {shown.map((topic) => {
        const isDead = topic.role === 'dead-letter';
        // Internal topics are named after the pipeline, which is said above them already.
        const isOwn = topic.role === 'repartition' && topic.name.startsWith(`${id}-`);
        const name = isDead ? words.topics.deadLetters : isOwn ? topic.name.slice(id.length + 1) : topic.name;
        const isBad = isDead && topic.records > 0;
        return (
          <button
            key={topic.name}
            type="button"
            aria-current={at === topic.name}
            title={topic.name}
            onClick={() => navigate({ topic: topic.name, store: null })}
          >
            <Icon name={isDead ? 'letter' : 'log'} size={14} className={isBad ? 'g-bad' : 'dim'} />
            <span className="n cut">{name}</span>
            <span className="v" data-look={isBad ? 'bad' : undefined}>
              {isDead ? exact(topic.records) : topic.lagRecords === null ? unknownFigure : compact(topic.lagRecords)}
            </span>
          </button>
        );
      })}
    </section>
  );
}
