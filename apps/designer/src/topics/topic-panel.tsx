import { useCatalogue } from '../document/catalogue-store.ts';
import { Icon } from '../icons.tsx';
import { bytes, exact } from '../live/figures.ts';
import { useLive } from '../live/live-store.ts';
import { navigate } from '../route.ts';
import { Panel } from '../shell/panel.tsx';
import { words } from '../words.ts';
import { TopicRecords } from './topic-records.tsx';

/** The newest records of a topic beside the running canvas. */
export function TopicPanel({ topic }: { readonly topic: string }) {
  const view = useCatalogue((state) => state.views.find((candidate) => candidate.name === topic));
  // While it runs, the live frame knows the count sooner.
  const live = useLive((state) => state.frame?.topics.find((candidate) => candidate.name === topic)?.records);
  const records = live ?? view?.records ?? 0;
  const isDeadLetters = view?.role === 'dead-letter';
  return (
    <Panel label={words.topics.name} name="topic" width={748}>
      <div className="p-head">
        <i className="tile" data-shape="end">
          <Icon name={isDeadLetters ? 'letter' : 'log'} />
        </i>
        <div className="grow">
          <h2 className="cut">{topic}</h2>
          <p className="sub">
            {view !== undefined &&
              `${words.topics.count(exact(records), records === 1)}, ${words.inspector.partitions(view.partitions)}, ${bytes(view.sizeBytes)}`}
          </p>
        </div>
        <button type="button" className="icon-btn" aria-label={words.close} onClick={() => navigate({ topic: null })}>
          <Icon name="close" />
        </button>
      </div>
      <div className="panel-body" style={{ borderTop: '1px solid var(--color-line)' }}>
        <TopicRecords topic={topic} isDeadLetters={isDeadLetters} />
      </div>
    </Panel>
  );
}
