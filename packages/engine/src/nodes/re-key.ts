import type { KeyFormat } from '../log/key-format.ts';
import type { Processor, ProcessorContext } from '../runtime/processor.ts';
import { StreamRecord } from '../runtime/stream-record.ts';
import { assertKeyFits } from './fitting-key.ts';
import { NodeExpression } from './node-expression.ts';

/**
 * Ahead of a repartition: gives records the key by which they must meet (or keeps it) and ends those without one, which could meet
 * nothing, unless what follows wants them. `key` in the config: the key's expression, its place in the node's config, and the
 * format of what it gives.
 */
export function reKeyProcessor(context: ProcessorContext): Processor {
  const { key: wanted, keepNullKeys } = context.spec.config as {
    readonly key: {
      readonly expression: string;
      readonly path: readonly (string | number)[];
      readonly format: KeyFormat;
    } | null;
    readonly keepNullKeys: boolean;
  };
  const expression = wanted === null ? null : new NodeExpression(wanted.expression, wanted.path);
  return {
    inputs: {
      in: (record) => {
        const key = expression === null ? record.key : expression.evaluate(record);
        if (key === null && !keepNullKeys) {
          context.fate('nullKey');
          return;
        }
        if (wanted !== null) assertKeyFits(wanted.format, key, wanted.path);
        context.forward(
          expression === null
            ? record
            : new StreamRecord(key, record.value, record.timestamp, record.headers, record.window),
        );
      },
    },
  };
}
