import { addKind } from '../canvas/canvas-store.ts';
import { useDocument } from '../document/document-store.ts';
import { Icon } from '../icons.tsx';
import { exact } from '../live/figures.ts';
import { useLive } from '../live/live-store.ts';
import { navigate } from '../route.ts';
import { words } from '../words.ts';

/** The dock's list of stores; they are there once the pipeline is deployed. */
export function StoreList() {
  const stores = useLive((state) => state.frame?.stores);
  const isDeployed = useLive((state) => state.deployment !== null);
  const nodes = useDocument((state) => state.pipeline?.nodes);
  if (stores === undefined || stores.length === 0) {
    const hasState = nodes?.some((node) => node.kind === 'aggregate' || node.config.readAs === 'table') ?? false;
    return (
      <div className="rows" style={{ padding: 10 }}>
        <div className="void">
          <p>
            <b>{words.stores.none}</b>
            <br />
            {hasState && !isDeployed ? words.stores.noneRunning : words.stores.noneHelp}
          </p>
          {!hasState && (
            <button type="button" className="btn" data-size="sm" onClick={() => addKind('aggregate', { x: 0, y: 0 })}>
              <Icon name="plus" size={12} />
              {words.stores.addAggregate}
            </button>
          )}
        </div>
      </div>
    );
  }
  return (
    <ul className="rows" aria-label={words.stores.title}>
      {stores.map((store) => (
        <li key={store.name}>
          <button
            type="button"
            className="topic-row"
            aria-label={words.stores.open(store.name)}
            onClick={() => navigate({ view: 'live', store: store.name, topic: null })}
          >
            <Icon name="store" size={14} className="g-table" />
            <span className="cut font-medium">{store.name}</span>
            <span className="num dim2">{exact(store.entries)}</span>
            <span className="dim">{words.stores.entries}</span>
            <span className="dim num">{store.kind}</span>
            <span className="dim cut">{nodes?.find((node) => node.id === store.node)?.name ?? store.node}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}
