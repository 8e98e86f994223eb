import type { WorkerView } from '@millrace/api';
import { useState } from 'react';
import { Icon } from '../icons.tsx';
import { useSystem } from '../shell/system-store.ts';
import { words } from '../words.ts';
import { bytes, exact, percent } from './figures.ts';
import { useLive } from './live-store.ts';
import { restoredShare } from './restore-progress.ts';
import { taskRows } from './task-rows.ts';

const looks = {
  starting: { icon: 'starting', className: 'dim' },
  restoring: { icon: 'restoring', className: 'g-info' },
  running: { icon: 'running', className: 'g-ok' },
  ready: { icon: 'running', className: 'dim' },
} as const;

/** Who runs the tasks: on one machine there is one worker, and the line at the bottom says all of it. */
export function WorkerRows() {
  const isShared = useSystem((state) => state.system?.backend === 'kafka');
  const workers = useLive((state) => state.deployment?.workers);
  if (!isShared || workers === undefined || workers.length === 0) return null;
  return (
    <section aria-label={words.live.workers}>
      <h4>
        {words.live.workers}
        <span>{words.live.tasks}</span>
      </h4>
      {workers.map((worker) => (
        <WorkerRow key={worker.name} worker={worker} />
      ))}
    </section>
  );
}

function WorkerRow({ worker }: { readonly worker: WorkerView }) {
  const [isOpen, setOpen] = useState(false);
  const { icon, className } = looks[worker.state];
  const state = worker.reason !== null ? words.live.workerWaits : words.live.workerStates[worker.state];
  return (
    <>
      <button type="button" aria-expanded={isOpen} title={`${worker.name}: ${state}`} onClick={() => setOpen(!isOpen)}>
        <Icon
          name={worker.reason === null ? icon : 'warning'}
          size={14}
          className={worker.reason === null ? className : 'g-warn'}
        />
        <span className="n cut">{worker.name}</span>
        <span className="v">
          {worker.restored === null ? worker.tasks.length : percent(restoredShare(worker.restored))}
        </span>
      </button>
      {isOpen && <WorkerDetail worker={worker} state={state} />}
    </>
  );
}

function WorkerDetail({ worker, state }: { readonly worker: WorkerView; readonly state: string }) {
  return (
    <div className="worker" data-testid="worker-detail">
      <p>
        {state}
        {worker.pid !== null && ` · ${words.live.process(worker.pid)}`}
      </p>
      {worker.restored !== null && (
        <p>{words.restoredOf(exact(worker.restored.records), exact(worker.restored.totalRecords))}</p>
      )}
      {worker.memoryBytes > 0 && <p>{words.live.workerSpent(percent(worker.busy), bytes(worker.memoryBytes))}</p>}
      {worker.reason !== null && <p>{worker.reason}</p>}
      {taskRows(worker.tasks).map(({ part, partitions }) => (
        <p key={part} className="row" title={words.live.partitionsOf(part, partitions)}>
          <span>{words.live.subTopology(part)}</span>
          <span className="cut">{partitions}</span>
        </p>
      ))}
    </div>
  );
}
