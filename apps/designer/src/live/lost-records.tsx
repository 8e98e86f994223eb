import type { LostRecords, NodeLive } from '@millrace/api';
import type { PipelineNode } from '@millrace/engine';
import { Icon } from '../icons.tsx';
import { words } from '../words.ts';
import { compact, exact } from './figures.ts';
import { useLive } from './live-store.ts';
import { NodePin } from './node-pin.tsx';

const nothing: readonly LostRecords[] = [];

/** Records that retention removed before the node had read them. */
export function lostCount(live: NodeLive | undefined): number {
  return (live?.lost ?? nothing).reduce((sum, { records }) => sum + records, 0);
}

/** The chip on a node that has missed records; it opens which, and what helps. */
export function LostPin({ node }: { readonly node: PipelineNode }) {
  const count = useLive((state) => lostCount(state.nodes.get(node.id)));
  if (count === 0) return null;
  return (
    <NodePin look="warn" icon="warning" text={words.node.lost(compact(count))} label={words.node.lost(exact(count))}>
      <LostNote node={node.id} />
    </NodePin>
  );
}

/** How many records of which partitions are missing, and what to do; nothing where none are. */
export function LostNote({ node }: { readonly node: string }) {
  const lost = useLive((state) => state.nodes.get(node)?.lost ?? nothing);
  const count = useLive((state) => lostCount(state.nodes.get(node)));
  if (count === 0) return null;
  return (
    <div className="lost">
      <header>
        <Icon name="warning" size={14} className="g-warn" />
        <b>{words.live.lostTitle(exact(count), count === 1)}</b>
      </header>
      <ul>
        {lost.map(({ topic, partition, records }) => (
          <li key={`${topic}-${partition}`}>
            <span className="mono cut">
              {topic}-{partition}
            </span>
            <span className="num">{exact(records)}</span>
          </li>
        ))}
      </ul>
      <p>{words.live.lostWhy}</p>
      <p>{words.live.lostHelp}</p>
    </div>
  );
}
