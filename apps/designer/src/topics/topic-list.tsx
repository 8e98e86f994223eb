import type { TopicView } from '@millrace/api';
import { useState } from 'react';
import { useCatalogue } from '../document/catalogue-store.ts';
import { useDocument } from '../document/document-store.ts';
import { Icon } from '../icons.tsx';
import { bytes, exact } from '../live/figures.ts';
import { words } from '../words.ts';
import { TopicRecords } from './topic-records.tsx';

/** The dock's list of topics: those anybody may read, then what belongs to this pipeline. One opened shows its newest records. */
export function TopicList() {
  const views = useCatalogue((state) => state.views);
  const own = useDocument((state) => state.pipeline?.id ?? null);
  const [open, setOpen] = useState<string | null>(null);
  const shown = views.filter((view) => view.owner === null || view.owner === own);
  if (shown.length === 0) {
    return (
      <div className="rows">
        <p>{words.topics.none}</p>
      </div>
    );
  }
  return (
    <ul className="rows" aria-label={words.topics.title}>
      {shown.map((view) => (
        <li key={view.name}>
          <TopicRow
            view={view}
            isOpen={open === view.name}
            onToggle={() => setOpen(open === view.name ? null : view.name)}
          />
          {open === view.name && <TopicRecords topic={view.name} isDeadLetters={view.role === 'dead-letter'} />}
        </li>
      ))}
    </ul>
  );
}

function TopicRow({
  view,
  isOpen,
  onToggle,
}: {
  readonly view: TopicView;
  readonly isOpen: boolean;
  readonly onToggle: () => void;
}) {
  return (
    <button type="button" className="topic-row" aria-expanded={isOpen} onClick={onToggle}>
      <Icon
        name={view.role === 'dead-letter' ? 'letter' : 'log'}
        size={14}
        className={view.role === 'dead-letter' && view.records > 0 ? 'g-bad' : 'dim'}
      />
      <span className="cut font-medium">{view.name}</span>
      <span className="num dim2">{exact(view.records)}</span>
      <span className="dim">{words.topics.records}</span>
      <span className="num dim2">{bytes(view.sizeBytes)}</span>
      <span className="dim cut">
        {words.inspector.partitions(view.partitions)}
        {words.topics.roles[view.role] !== '' && `, ${words.topics.roles[view.role]}`}
      </span>
    </button>
  );
}
