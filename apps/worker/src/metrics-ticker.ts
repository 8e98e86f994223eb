import type { Up } from '@millrace/protocol';
import type { TaskHost } from './task-host.ts';

const tickIntervalMs = 500;

/** Sends a snapshot of all tasks twice a second. The timer does not keep the process alive. */
export function startMetricsTicker(host: TaskHost, say: (message: Up) => void): void {
  let lastMs = performance.now();
  setInterval(() => {
    const nowMs = performance.now();
    const { tasks, busyMs } = host.tick();
    say({
      type: 'tick',
      tasks,
      busy: Math.min(1, busyMs / (nowMs - lastMs)),
      memoryBytes: process.memoryUsage.rss(),
      failures: [...host.takeFailures()],
    });
    lastMs = nowMs;
  }, tickIntervalMs).unref();
}
