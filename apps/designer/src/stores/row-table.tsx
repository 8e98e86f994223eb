import type { StorePage } from '@millrace/api';
import type { StoreRow } from '@millrace/engine';
import { Fragment } from 'react';
import { Icon } from '../icons.tsx';
import { brief, clock, clockSeconds, day, exact, isSameDay, windowSpan } from '../live/figures.ts';
import { words } from '../words.ts';
import type { ShownRow } from './store-reader.ts';

interface RowTableProps {
  readonly rows: readonly ShownRow[];
  readonly page: StorePage;
  readonly asJson: boolean;
  readonly picked: string | null;
  readonly onPick: (id: string) => void;
}

const columnsMax = 6;

/** The fields that values have; none when values are no objects. */
function fieldNames(rows: readonly ShownRow[]): readonly string[] {
  const names = new Set<string>();
  for (const { row } of rows.slice(0, 200)) {
    if (typeof row.value !== 'object' || row.value === null || Array.isArray(row.value)) return [];
    for (const name of Object.keys(row.value)) names.add(name);
  }
  return [...names];
}

/** The fields that have room for a column each. */
export function columnsOf(rows: readonly ShownRow[]): readonly string[] {
  return fieldNames(rows).slice(0, columnsMax);
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

const decimals = new Intl.NumberFormat('en-US', { maximumFractionDigits: 4 });

/** A value in a cell: whole numbers with thousands parted, others to four places; the exact one stands in the JSON. */
export function cellText(value: unknown): string {
  if (typeof value === 'number') return Number.isInteger(value) ? exact(value) : decimals.format(value);
  return typeof value === 'string' ? value : brief(value, 80);
}

/** Entries in key order; of window stores grouped by window, newest first. */
export function RowTable({ rows, page, asJson, picked, onPick }: RowTableProps) {
  const columns = asJson ? [] : columnsOf(rows);
  const isNumber = new Map(
    columns.map((name) => [
      name,
      rows.every(
        ({ row }) => /number|undefined/.test(typeof fieldOf(row.value, name)) || fieldOf(row.value, name) === null,
      ),
    ]),
  );
  const hidden = asJson ? [] : fieldNames(rows).slice(columnsMax);
  const span = Math.max(1, columns.length) + 3;
  return (
    <table>
      <colgroup>
        <col style={{ width: columns.length > 4 ? 96 : 150 }} />
        {columns.map((name) => (
          <col key={name} />
        ))}
        {columns.length === 0 && <col />}
        <col style={{ width: hidden.length > 0 ? 116 : 88 }} />
        <col style={{ width: 64 }} />
      </colgroup>
      <thead>
        <tr>
          <th scope="col">{words.stores.keyColumn}</th>
          {columns.map((name) => (
            <th key={name} scope="col" className={isNumber.get(name) ? 'num' : ''} title={name}>
              {name}
            </th>
          ))}
          {columns.length === 0 && <th scope="col">{words.stores.value}</th>}
          <th scope="col" className="num">
            {hidden.length > 0 && (
              <span className="dim" title={hidden.join(', ')}>
                {words.stores.moreFields(hidden.length)}{' '}
              </span>
            )}
            {words.stores.updated}
          </th>
          <th scope="col" className="num">
            {words.stores.task}
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((shown, index) => {
          const { window } = shown.row;
          const isFirstOfWindow = window !== null && rows[index - 1]?.row.window?.start !== window.start;
          return (
            <Fragment key={shown.id}>
              {isFirstOfWindow && <WindowRow window={window} page={page} span={span} />}
              <Entry
                key={shown.changes}
                shown={shown}
                columns={columns}
                isNumber={isNumber}
                isPicked={picked === shown.id}
                onPick={onPick}
              />
            </Fragment>
          );
        })}
      </tbody>
    </table>
  );
}

function WindowRow({
  window,
  page,
  span,
}: {
  readonly window: NonNullable<StoreRow['window']>;
  readonly page: StorePage;
  readonly span: number;
}) {
  const { streamTime, graceMs } = page;
  const closesAt = window.end + (graceMs ?? 0);
  const isOpen = streamTime === null || closesAt > streamTime;
  const known = page.windows.find((candidate) => candidate.start === window.start);
  const time = isSameDay(window.start, closesAt) ? clock(closesAt) : `${day(closesAt)} ${clock(closesAt)}`;
  return (
    <tr className="w" data-testid="store-window" data-state={isOpen ? 'open' : 'closed'}>
      <td colSpan={span}>
        <div className="in">
          <b>{windowSpan(window.start, window.end)}</b>
          {isSameDay(window.start, window.end - 1) && <span className="dim">{day(window.start)}</span>}
          <span className="chip" data-size="sm" data-look={isOpen ? 'table' : undefined}>
            <Icon name={isOpen ? 'window' : 'check'} size={12} />
            {isOpen ? words.stores.openWindow : words.stores.closedWindow}
          </span>
          <span className="dim">{isOpen ? words.stores.closesAt(time) : words.stores.closedAt(time)}</span>
          <span className="grow" />
          {known !== undefined && (
            <span className="dim">{words.stores.keys(exact(known.entries), known.entries === 1)}</span>
          )}
        </div>
      </td>
    </tr>
  );
}

interface EntryProps {
  readonly shown: ShownRow;
  readonly columns: readonly string[];
  readonly isNumber: ReadonlyMap<string, boolean>;
  readonly isPicked: boolean;
  readonly onPick: (id: string) => void;
}

function Entry({ shown, columns, isNumber, isPicked, onPick }: EntryProps) {
  const { row, before, changes, id } = shown;
  const isNew = changes > 0;
  return (
    <tr data-row="" data-new={isNew || undefined} data-picked={isPicked || undefined} onClick={() => onPick(id)}>
      <td title={brief(row.key, 400)}>
        <button type="button" className="cut" style={{ maxWidth: '100%' }} aria-pressed={isPicked}>
          {isNew ? <b>{cellText(row.key)}</b> : cellText(row.key)}
        </button>
      </td>
      {columns.map((name) => (
        <td key={name} className={isNumber.get(name) ? 'num' : ''} title={brief(fieldOf(row.value, name), 400)}>
          <Changed
            now={cellText(fieldOf(row.value, name))}
            before={before === undefined ? null : cellText(fieldOf(before, name))}
          />
        </td>
      ))}
      {columns.length === 0 && (
        <td className="mono" title={brief(row.value, 2000)}>
          {brief(row.value, 400)}
        </td>
      )}
      <td className="num dim2" title={`${day(row.timestamp)} ${clockSeconds(row.timestamp)} UTC`}>
        {clockSeconds(row.timestamp)}
      </td>
      <td className="num dim mono">{row.taskId}</td>
    </tr>
  );
}

/** The old value struck, the new one bold. */
function Changed({ now, before }: { readonly now: string; readonly before: string | null }) {
  if (before === null || before === now) return now;
  return (
    <>
      <s>{before}</s>
      <b>{now}</b>
    </>
  );
}
