import type { Up } from '@millrace/protocol';
import type { TaskHost } from './task-host.ts';

const tickIntervalMs = 500;

/** Sends a snapshot of all tasks twice a second, and whenever the function that it gives is called. The timer does not keep the process alive. */
export function startMetricsTicker(host: TaskHost, say: (message: Up) => void): () => void {
  let lastMs = performance.now();
  const tick = (): void => {
    const nowMs = performance.now();
    const { tasks, busyMs } = host.tick();
    say({
      type: 'tick',
      tasks,
      busy: Math.min(1, busyMs / Math.max(1, nowMs - lastMs)),
      memoryBytes: process.memoryUsage.rss(),
      failures: [...host.takeFailures()],
    });
    lastMs = nowMs;
  };
  setInterval(tick, tickIntervalMs).unref();
  return tick;
}
