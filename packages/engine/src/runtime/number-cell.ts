/** A number that a processor keeps between records, part of the task's state: committed with it and there again after a restart. */
export interface NumberCell {
  value: number;
}
