import type { TaskId, TopicPartition } from '@millrace/engine';

const taskIdForm = /^(\d{1,9})_(\d{1,5})$/;

/**
 * Where a task's state is kept: each sub-topology has a compacted topic `<application>-tasks-<sub-topology>`, in which each task has the
 * partition of its number. Nobody has to agree on anything, and Kafka's tools show one line a task.
 *
 * The offset that the group `<application>` has committed there points behind the task's last record.
 */
export function taskPartition(application: string, taskId: TaskId): TopicPartition | null {
  const parts = taskIdForm.exec(taskId);
  if (parts === null) return null;
  return { topic: `${application}-tasks-${parts[1]}`, partition: Number(parts[2]) };
}
