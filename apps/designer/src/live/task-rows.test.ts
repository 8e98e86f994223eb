import type { TaskView } from '@millrace/api';
import { describe, expect, it } from 'vitest';
import { taskRows } from './task-rows.ts';

const running = (taskId: string): TaskView => ({ taskId, state: 'running' });

describe('taskRows', () => {
  it('draws runs of partitions together, by sub-topology', () => {
    expect(taskRows(['1_3', '0_0', '0_10', '0_2', '0_1', '1_2', '0_11'].map(running))).toEqual([
      { part: '0', partitions: '0–2, 10, 11' },
      { part: '1', partitions: '2, 3' },
    ]);
  });

  it('sets partitions apart that do not run yet', () => {
    expect(taskRows([running('0_0'), { taskId: '0_1', state: 'restoring' }, running('0_2')])).toEqual([
      { part: '0', partitions: '0, (1), 2' },
    ]);
  });

  it('has nothing to say of no tasks', () => {
    expect(taskRows([])).toEqual([]);
  });
});
