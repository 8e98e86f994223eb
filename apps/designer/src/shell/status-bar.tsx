import { useConnection } from '../api.ts';
import { selectOnly } from '../canvas/canvas-store.ts';
import { useDocument } from '../document/document-store.ts';
import { Icon } from '../icons.tsx';
import { bytes, clock, exact, percent } from '../live/figures.ts';
import { toggleRates, useLive } from '../live/live-store.ts';
import { lostCount } from '../live/lost-records.tsx';
import { useRoute } from '../route.ts';
import { words } from '../words.ts';
import { useSystem } from './system-store.ts';

/** Whether the server is there, how fresh the numbers are, and whether the draft is saved. */
export function StatusBar() {
  const { pipeline, view } = useRoute();
  const system = useSystem((state) => state.system);
  const isLive = pipeline !== null && view === 'live';
  return (
    <footer className="status">
      <ConnectionState />
      {system !== null && <span className="dim">{words.status.backend(system.backend)}</span>}
      {isLive && <Worker />}
      {isLive && <Lost />}
      <span className="grow" />
      {pipeline !== null && !isLive && <SaveState />}
      {isLive && <LiveState />}
      <span className="dim">{words.status.utc}</span>
    </footer>
  );
}

function ConnectionState() {
  const connection = useConnection((state) => state.connection);
  const isStale = useLive((state) => state.isStale);
  if (connection === 'open' && !isStale) {
    return (
      <span data-testid="connection" data-state="open">
        <Icon name="running" size={12} className="g-ok" />
        {words.status.connected}
      </span>
    );
  }
  const text =
    connection === 'connecting'
      ? words.status.connecting
      : connection === 'lost'
        ? words.status.reconnecting
        : words.status.late;
  return (
    <span
      data-testid="connection"
      data-state={connection === 'open' ? 'late' : connection}
      data-look="warn"
      role="status"
    >
      <Icon name="starting" size={12} spin />
      {text}
    </span>
  );
}

function Worker() {
  const worker = useLive((state) => state.frame?.worker ?? null);
  const count = useLive((state) => state.deployment?.workers.filter(({ pid }) => pid !== null).length ?? 0);
  if (worker === null) return null;
  return <span className="dim">{words.status.worker(count, percent(worker.busy), bytes(worker.memoryBytes))}</span>;
}

/** Records that were gone before anybody read them; it leads to the first node that lacks some. */
function Lost() {
  const count = useLive((state) => state.frame?.nodes.reduce((sum, node) => sum + lostCount(node), 0) ?? 0);
  const first = useLive((state) => state.frame?.nodes.find((node) => lostCount(node) > 0)?.node ?? null);
  if (first === null) return null;
  return (
    <button type="button" data-look="warn" onClick={() => selectOnly(first)}>
      <Icon name="warning" size={12} />
      {words.status.lost(exact(count), count === 1)}
    </button>
  );
}

function SaveState() {
  const save = useDocument((state) => state.save);
  switch (save.at) {
    case 'waiting':
    case 'saving':
      return <span data-testid="save-state">{words.saveState.saving}</span>;
    case 'saved':
      return save.savedAtMs === 0 ? null : (
        <span data-testid="save-state">{words.saveState.saved(clock(save.savedAtMs))}</span>
      );
    case 'failed':
      return (
        <span data-testid="save-state" data-look="bad" title={save.message}>
          {words.saveState.failed}
        </span>
      );
    case 'conflict':
      return (
        <span data-testid="save-state" data-look="bad">
          {words.saveState.conflict}
        </span>
      );
  }
}

function LiveState() {
  const showRates = useLive((state) => state.showRates);
  const isRunning = useLive((state) => state.deployment?.state === 'running' && !state.isStale);
  return (
    <>
      {isRunning && <span>{words.status.updates}</span>}
      <button type="button" onClick={toggleRates}>
        {showRates ? words.status.hideRates : words.status.showRates} <kbd>R</kbd>
      </button>
    </>
  );
}
