import type { DeploymentState, RestoredRecords } from '@millrace/api';
import { useEffect, useState } from 'react';
import { Icon } from '../icons.tsx';
import { elapsed, exact, percent } from '../live/figures.ts';
import { restoredShare } from '../live/restore-progress.ts';
import { words } from '../words.ts';

const looks = {
  starting: 'water',
  restoring: 'water',
  running: 'ok',
  stopping: 'water',
  stopped: undefined,
  failed: 'bad',
} as const;
const glyphs = {
  starting: 'starting',
  restoring: 'restoring',
  running: 'running',
  stopping: 'starting',
  stopped: 'stopped',
  failed: 'failing',
} as const;

interface StateChipProps {
  readonly state: DeploymentState;
  readonly restored?: RestoredRecords | null | undefined;
  /** How long restoring still takes, milliseconds. */
  readonly leftMs?: number | null | undefined;
  readonly reason?: string | null | undefined;
  readonly size?: 'sm' | undefined;
}

export function StateChip({ state, restored = null, leftMs = null, reason = null, size }: StateChipProps) {
  const text =
    restored === null
      ? words.states[state]
      : words.restoringShare(percent(restoredShare(restored)), leftMs === null ? null : elapsed(leftMs));
  const title =
    reason ?? (restored === null ? undefined : words.restoredOf(exact(restored.records), exact(restored.totalRecords)));
  return (
    <span
      className="chip"
      data-look={looks[state]}
      data-size={size}
      data-state={state}
      data-testid="deployment-state"
      title={title}
    >
      <Icon name={glyphs[state]} size={12} spin={state === 'starting' || state === 'stopping'} />
      {text}
    </span>
  );
}

/** `for 38 min`, moving on by itself. */
export function Since({ sinceMs }: { readonly sinceMs: number }) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return <span className="dim since">{words.top.since(elapsed(Math.max(0, now - sinceMs)))}</span>;
}
