import { evaluate } from '../model-expression.ts';
import type { ModelRow } from '../model-record.ts';
import { type Operator, type Surroundings, text } from '../operator.ts';

/** Rows of two tables with equal keys. */
export function tableTableJoin({ config, rows, wantsOld, emit }: Surroundings): Operator {
  const tables = { left: rows('left'), right: rows('right') };
  const needs = { left: config.type !== 'outer', right: config.type === 'inner' };
  const join = (key: unknown, timestamp: number, left: unknown, right: unknown): unknown => {
    if ((left === null && (needs.left || right === null)) || (right === null && needs.right)) return null;
    return evaluate(text(config, 'value'), { key, timestamp, left, right });
  };
  return {
    receive: (record, port) => {
      const side = port as 'left' | 'right';
      const { key, window, value, old } = record;
      if (key === null || !record.isLatest) return;
      const other = tables[side === 'left' ? 'right' : 'left'].get(key, window);
      const isOtherNeeded = needs[side === 'left' ? 'right' : 'left'];
      if (other === undefined && (isOtherNeeded || (value === null && old === null))) return;
      const timestamp = Math.max(record.timestamp, other?.timestamp ?? 0);
      const made = (own: unknown): unknown => {
        const theirs = other?.value ?? null;
        return side === 'left' ? join(key, timestamp, own, theirs) : join(key, timestamp, theirs, own);
      };
      emit({ ...record, timestamp, value: made(value), old: wantsOld && old !== undefined ? made(old) : undefined });
    },
    table: {
      get: (key, window): ModelRow | undefined => {
        const [left, right] = [tables.left.get(key, window), tables.right.get(key, window)];
        const timestamp = Math.max(left?.timestamp ?? 0, right?.timestamp ?? 0);
        const value = join(key, timestamp, left?.value ?? null, right?.value ?? null);
        return value === null ? undefined : { key, window, value, timestamp };
      },
    },
  };
}
