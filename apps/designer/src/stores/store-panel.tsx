import { Switch } from 'radix-ui';
import { useEffect, useRef, useState } from 'react';
import { useDocument } from '../document/document-store.ts';
import { Choice } from '../form/choice.tsx';
import { Icon } from '../icons.tsx';
import { duration, elapsed, exact, windowSpan } from '../live/figures.ts';
import { useLive } from '../live/live-store.ts';
import { navigate } from '../route.ts';
import { Panel } from '../shell/panel.tsx';
import { toast } from '../shell/toast-store.ts';
import { words } from '../words.ts';
import { Ribbon } from './ribbon.tsx';
import { RowTable } from './row-table.tsx';
import { everything, isComplete, type Reading, type Selection } from './store-reader.ts';
import { useStore } from './use-store.ts';

/** A store of a deployed pipeline, looked into: what it holds, by window and key, and how much of it was searched. */
export function StorePanel({ pipelineId, store }: { readonly pipelineId: string; readonly store: string }) {
  return (
    <Panel label={words.stores.panel} name="store" width={748}>
      <OpenedStore key={store} pipelineId={pipelineId} store={store} />
    </Panel>
  );
}

function OpenedStore({ pipelineId, store }: { readonly pipelineId: string; readonly store: string }) {
  const [selection, setSelection] = useState<Selection>(everything);
  const [asJson, setAsJson] = useState(false);
  const [follow, setFollow] = useState(true);
  const [picked, setPicked] = useState<string | null>(null);
  const { reading, failure, isNoKey, isReading, more, again } = useStore(pipelineId, store, selection, follow);
  const page = reading?.page ?? null;
  const pickedRow = reading?.rows.find((shown) => shown.id === picked)?.row ?? null;
  const isWindowed = page !== null && page.windows.length > 0;
  return (
    <>
      <StoreHead store={store} reading={reading} />
      {isWindowed && (
        <Ribbon
          page={page}
          picked={selection.windowStart}
          onPick={(windowStart) => setSelection({ ...selection, windowStart })}
        />
      )}
      <QueryBar
        selection={selection}
        page={page}
        asJson={asJson}
        follow={follow}
        isNoKey={isNoKey}
        onSelection={setSelection}
        onJson={setAsJson}
        onFollow={setFollow}
      />
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls can be reached by keys. */}
      <section className="wins" tabIndex={0} aria-label={words.stores.entries}>
        {reading !== null && reading.rows.length > 0 && (
          <RowTable
            rows={reading.rows}
            page={reading.page}
            asJson={asJson}
            picked={picked}
            onPick={(id) => setPicked((before) => (before === id ? null : id))}
          />
        )}
        <Rest
          reading={reading}
          failure={isNoKey ? words.stores.notAKey : failure}
          isReading={isReading}
          selection={selection}
          onMore={more}
        />
      </section>
      {pickedRow !== null && (
        <div className="picked-row">
          <div className="lab">
            <span>
              {words.stores.picked(typeof pickedRow.key === 'string' ? pickedRow.key : JSON.stringify(pickedRow.key))}
            </span>
            <span className="flex gap-1">
              <button
                type="button"
                className="btn"
                data-size="sm"
                onClick={() => {
                  const { cursor: _, ...row } = pickedRow;
                  void navigator.clipboard
                    .writeText(JSON.stringify(row, null, 2))
                    .then(() => toast({ text: words.stores.copied }));
                }}
              >
                {words.stores.copy}
              </button>
              <button type="button" className="icon-btn" aria-label={words.close} onClick={() => setPicked(null)}>
                <Icon name="close" size={14} />
              </button>
            </span>
          </div>
          <pre className="record-text">
            {JSON.stringify(
              {
                key: pickedRow.key,
                ...(pickedRow.window === null ? {} : { window: pickedRow.window }),
                value: pickedRow.value,
              },
              null,
              2,
            )}
          </pre>
        </div>
      )}
      <Coverage reading={reading} follow={follow} onAgain={again} />
    </>
  );
}

function StoreHead({ store, reading }: { readonly store: string; readonly reading: Reading | null }) {
  const stores = useLive((state) => state.frame?.stores);
  const nodes = useDocument((state) => state.pipeline?.nodes);
  const own = stores?.find((candidate) => candidate.name === store);
  const nodeName = nodes?.find((node) => node.id === own?.node)?.name ?? own?.node ?? store;
  const page = reading?.page;
  const [window] = page?.windows ?? [];
  // What only some partitions answered is less than there is: the worker's own count stands then.
  const isWhole = page !== undefined && isComplete(page);
  const entries = isWhole ? page.entries : (own?.entries ?? page?.entries);
  return (
    <>
      <div className="p-head">
        <i className="tile" data-shape="table">
          <Icon name="store" />
        </i>
        <div className="grow">
          <h2 className="cut">{nodeName}</h2>
          <p className="sub cut" title={store}>
            {own === undefined ? store : `${words.stores.kindOf(own.kind, nodeName)}, ${store}`}
          </p>
        </div>
        {stores !== undefined && stores.length > 1 && (
          <div style={{ width: 230 }}>
            <Choice
              label={words.stores.choose}
              value={store}
              options={stores.map((candidate) => ({
                value: candidate.name,
                label: `${nodes?.find((node) => node.id === candidate.node)?.name ?? candidate.name} · ${exact(candidate.entries)} ${words.stores.entries}`,
              }))}
              onChange={(name) => navigate({ store: name })}
            />
          </div>
        )}
        <button type="button" className="icon-btn" aria-label={words.close} onClick={() => navigate({ store: null })}>
          <Icon name="close" />
        </button>
      </div>
      <div className="stats">
        <span>
          <b>{exact(entries)}</b> {words.stores.entries}
        </span>
        {page !== undefined && (
          <span>
            <b>{page.coverage.partitions}</b> {words.stores.partitions(page.coverage.partitions)}
          </span>
        )}
        {window !== undefined && (
          <span>
            {words.stores.windows} <b>{duration(window.end - window.start)}</b>
            {page?.graceMs !== null && page !== undefined && (
              <>
                , {words.stores.grace} <b>{duration(page.graceMs)}</b>
              </>
            )}
          </span>
        )}
        {page !== undefined && !page.isLive && page.coverage.answered > 0 && <AsOf />}
      </div>
    </>
  );
}

/** Of what does not run: which state of the store this is. */
function AsOf() {
  const state = useLive((live) => live.deployment?.state ?? 'stopped');
  if (state === 'running') return null; // What is shown is about to be read again.
  const isAtRest = state === 'stopped' || state === 'failed';
  return (
    <span className="as-of" data-testid="store-as-of">
      <Icon name="stopped" size={12} />
      {words.stores.asOf(isAtRest ? words.states[state] : words.stores.notRunning)}
    </span>
  );
}

interface QueryBarProps {
  readonly selection: Selection;
  readonly page: Reading['page'] | null;
  readonly asJson: boolean;
  readonly follow: boolean;
  readonly isNoKey: boolean;
  readonly onSelection: (selection: Selection) => void;
  readonly onJson: (asJson: boolean) => void;
  readonly onFollow: (follow: boolean) => void;
}

function QueryBar({ selection, page, asJson, follow, isNoKey, onSelection, onJson, onFollow }: QueryBarProps) {
  const window = page?.windows.find((candidate) => candidate.start === selection.windowStart);
  const isPrefix = selection.by === 'prefix';
  return (
    <div className="query">
      <fieldset className="seg" data-size="sm" aria-label={words.stores.by} style={{ margin: 0 }}>
        <button type="button" aria-pressed={!isPrefix} onClick={() => onSelection({ ...selection, by: 'key' })}>
          {words.stores.key}
        </button>
        <button type="button" aria-pressed={isPrefix} onClick={() => onSelection({ ...selection, by: 'prefix' })}>
          {words.stores.prefix}
        </button>
      </fieldset>
      <label className="field" data-invalid={isNoKey || undefined}>
        <Icon name="search" size={14} className="dim" />
        <input
          type="search"
          aria-label={isPrefix ? words.stores.searchPrefix : words.stores.searchKey}
          placeholder={isPrefix ? words.stores.searchPrefix : words.stores.searchKey}
          value={selection.text}
          spellCheck={false}
          onChange={(event) => onSelection({ ...selection, text: event.currentTarget.value })}
        />
      </label>
      {selection.windowStart !== null && (
        <button
          type="button"
          className="chip"
          data-look="table"
          style={{ height: 28 }}
          aria-label={words.stores.onlyWindow(window === undefined ? '' : windowSpan(window.start, window.end))}
          onClick={() => onSelection({ ...selection, windowStart: null })}
        >
          {window === undefined ? '' : windowSpan(window.start, window.end)}
          <Icon name="close" size={12} />
        </button>
      )}
      <span className="grow" />
      <fieldset className="seg" data-size="sm" aria-label={words.stores.show} style={{ margin: 0 }}>
        <button type="button" aria-pressed={!asJson} onClick={() => onJson(false)}>
          {words.stores.table}
        </button>
        <button type="button" aria-pressed={asJson} onClick={() => onJson(true)}>
          {words.stores.json}
        </button>
      </fieldset>
      <Switch.Root checked={follow} onCheckedChange={onFollow} asChild>
        <button type="button" className="btn" data-look="ghost" style={{ fontSize: 12, padding: '0 8px' }}>
          <i className="switch" />
          {words.stores.follow}
        </button>
      </Switch.Root>
    </div>
  );
}

interface RestProps {
  readonly reading: Reading | null;
  readonly failure: string | null;
  readonly isReading: boolean;
  readonly selection: Selection;
  readonly onMore: () => void;
}

/** What stands below the rows: the next page, which comes by itself when it comes into view, or that there is nothing. */
function Rest({ reading, failure, isReading, selection, onMore }: RestProps) {
  const end = useRef<HTMLDivElement>(null);
  const load = useRef(onMore);
  load.current = onMore;
  const hasMore = reading !== null && reading.page.next !== null;
  useEffect(() => {
    const element = end.current;
    if (!hasMore || element === null) return;
    const observer = new IntersectionObserver(
      (entries) => entries.some((entry) => entry.isIntersecting) && load.current(),
      { rootMargin: '240px' },
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, [hasMore]);
  if (failure !== null) return <p className="none-found">{failure}</p>;
  if (reading === null) return <p className="none-found">{words.loading}</p>;
  const { entries } = reading.page;
  if (reading.rows.length === 0) {
    const isEmpty = entries === 0 && selection.text === '' && selection.windowStart === null;
    return (
      <p className="none-found">
        {!isComplete(reading.page)
          ? words.stores.nothingWithin
          : isEmpty
            ? words.stores.emptyStore
            : words.stores.nothing}
      </p>
    );
  }
  if (!hasMore) return null;
  return (
    <div ref={end} className="none-found" style={{ padding: 12 }}>
      <button type="button" className="btn" data-size="sm" disabled={isReading} onClick={onMore}>
        {words.stores.more}
      </button>
    </div>
  );
}

interface CoverageProps {
  readonly reading: Reading | null;
  readonly follow: boolean;
  readonly onAgain: () => void;
}

/** Always there: how much was searched, how much is shown, and how old it is. */
function Coverage({ reading, follow, onAgain }: CoverageProps) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  if (reading === null) return <div className="cover" data-testid="store-coverage" data-state="reading" />;
  const { coverage, entries, problem } = reading.page;
  const isWhole = isComplete(reading.page);
  const [refusal] = coverage.refusals;
  const why = problem ?? (refusal === undefined ? null : words.stores.refusals[refusal.reason](refusal.taskId));
  const age = Math.max(0, now - reading.receivedAtMs);
  return (
    <div className="cover" data-testid="store-coverage" data-state={isWhole ? 'complete' : 'partial'}>
      <span className="verdict">
        <Icon name={isWhole ? 'check' : 'warning'} size={14} />
        {isWhole ? words.stores.complete : words.stores.searched(coverage.answered, coverage.partitions)}
      </span>
      {coverage.partitions <= 32 && (
        <span className="parts" aria-hidden="true">
          {Array.from({ length: coverage.partitions }, (_, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: cells are alike and never move.
            <i key={index} data-missing={index >= coverage.answered || undefined} />
          ))}
        </span>
      )}
      <span className="cut" title={problem ?? undefined}>
        {isWhole || why === null
          ? words.stores.coverage(coverage.answered, coverage.partitions, exact(reading.rows.length), exact(entries))
          : why}
      </span>
      {(reading.moved || (!isWhole && !follow)) && (
        <button
          type="button"
          className="btn"
          data-size="sm"
          title={reading.moved ? words.stores.moved : undefined}
          onClick={onAgain}
        >
          {words.stores.again}
        </button>
      )}
      <span className="grow" />
      <span className="dim">{words.stores.age(age < 1500 ? '1 s' : elapsed(age))}</span>
    </div>
  );
}
