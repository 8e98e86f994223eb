import { amount, type Operator, type Surroundings, text } from '../operator.ts';

/** Drops what is equal to something that went on a short while before or after it in event time. */
export function dedupeOperator({ config, emit }: Surroundings): Operator {
  const windowMs = amount(config, 'windowMs');
  const isMoved = text(config, 'by') !== '';
  const passed: { readonly name: string; readonly timestamp: number }[] = [];
  let streamTime = Number.NEGATIVE_INFINITY;
  return {
    receive: (record) => {
      const { timestamp } = record;
      streamTime = Math.max(streamTime, timestamp);
      const name = JSON.stringify(record.key);
      const isRepeated = passed.some(
        (one) =>
          one.name === name &&
          Math.abs(one.timestamp - timestamp) < windowMs &&
          one.timestamp > streamTime - 2 * windowMs,
      );
      if (record.key !== null && isRepeated) return;
      passed.push({ name, timestamp });
      if (isMoved) emit({ ...record, ...(record.value as { readonly key: unknown; readonly value: unknown }) });
      else emit(record);
    },
  };
}
