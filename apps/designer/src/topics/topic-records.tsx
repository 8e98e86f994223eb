import type { CatalogueRecord } from '@millrace/engine';
import { Fragment, useEffect, useState } from 'react';
import { api, errorText } from '../api.ts';
import { catalogueRecord } from '../document/catalogue-store.ts';
import { Icon } from '../icons.tsx';
import { brief, clockSeconds, day, exact, keyText } from '../live/figures.ts';
import { words } from '../words.ts';
import { type DeadLetter, readDeadLetter } from './dead-letter.ts';

const limit = 100;
const refreshMs = 2000;

/** The newest records of a topic, read again every two seconds while the page is looked at. */
export function TopicRecords({ topic, isDeadLetters }: { readonly topic: string; readonly isDeadLetters: boolean }) {
  const [records, setRecords] = useState<readonly CatalogueRecord[] | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const [open, setOpen] = useState<string | null>(null);
  useEffect(() => {
    let gone = false;
    setRecords(null);
    setOpen(null);
    const read = async (): Promise<void> => {
      if (document.visibilityState !== 'visible') return;
      try {
        const newest = await api.topics.newest.query({ topic, limit });
        if (gone) return;
        setRecords(newest.map(catalogueRecord));
        setFailure(null);
      } catch (error) {
        if (!gone) setFailure(errorText(error));
      }
    };
    void read();
    const timer = setInterval(() => void read(), refreshMs);
    return () => {
      gone = true;
      clearInterval(timer);
    };
  }, [topic]);
  if (failure !== null && records === null) return <p className="none-found">{failure}</p>;
  if (records === null) return <p className="none-found">{words.loading}</p>;
  if (records.length === 0) return <p className="none-found">{words.topics.noRecords}</p>;
  const hasCauses = isDeadLetters && records.some((record) => readDeadLetter(record) !== null);
  return (
    <div className="records">
      <table aria-label={words.topics.newest(topic)}>
        <colgroup>
          <col style={{ width: 150 }} />
          <col style={{ width: 130 }} />
          <col style={{ width: 140 }} />
          <col />
        </colgroup>
        <thead>
          <tr>
            <th scope="col">{words.topics.time}</th>
            <th scope="col">{words.topics.place}</th>
            <th scope="col">{words.topics.key}</th>
            <th scope="col">{hasCauses ? words.topics.cause : words.topics.value}</th>
          </tr>
        </thead>
        <tbody>
          {records.map((record) => {
            const id = `${record.partition}@${record.offset}`;
            const letter = isDeadLetters ? readDeadLetter(record) : null;
            const isOpen = open === id;
            return (
              <Fragment key={id}>
                <tr data-open={isOpen || undefined} onClick={() => setOpen(isOpen ? null : id)}>
                  <td className="dim2" title={`${day(record.timestamp)} ${clockSeconds(record.timestamp)} UTC`}>
                    {day(record.timestamp)} {clockSeconds(record.timestamp)}
                  </td>
                  <td className="mono dim">
                    {record.partition} @ {exact(record.offset)}
                  </td>
                  <td className="mono">{keyText(record.key)}</td>
                  <td className="mono">
                    <button
                      type="button"
                      className="cut"
                      aria-expanded={isOpen}
                      title={letter?.message ?? brief(record.value, 2000)}
                      style={{ maxWidth: '100%' }}
                    >
                      {letter === null ? brief(record.value, 400) : `${letter.node}: ${letter.message}`}
                    </button>
                  </td>
                </tr>
                {isOpen && (
                  <tr>
                    <td colSpan={4} style={{ padding: 0, height: 'auto', whiteSpace: 'normal' }}>
                      {letter !== null && <DeadLetterText letter={letter} />}
                      <pre className="record-text">
                        {JSON.stringify({ key: record.key, value: record.value }, null, 2)}
                      </pre>
                    </td>
                  </tr>
                )}
              </Fragment>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function DeadLetterText({ letter }: { readonly letter: DeadLetter }) {
  return (
    <div className="dead">
      <p className="flex items-center gap-2">
        <Icon name="failing" size={14} className="g-bad" />
        <b>{letter.message}</b>
      </p>
      <p className="dim">
        {letter.node}
        {letter.port !== null && `, input ${letter.port}`}
        {letter.source !== null && <span className="mono">, {letter.source}</span>}
      </p>
    </div>
  );
}
