import { encodeKey, type KeyFormat, KeyFormatError, type KeyValue } from '../log/key-format.ts';
import { RecordError } from '../runtime/record-error.ts';

/**
 * What does not fit its format fails where the key is made, while the record as it came is at hand, and not where the key is written.
 * @param path of the key's expression in the node's config
 * @throws RecordError when the key does not fit
 */
export function assertKeyFits(format: KeyFormat, key: KeyValue, path: readonly (string | number)[]): void {
  if (key === null || format === 'json' || (format === 'string' && typeof key === 'string')) return;
  try {
    encodeKey(format, key);
  } catch (error) {
    throw error instanceof KeyFormatError ? new RecordError(error.code, error.message, path) : error;
  }
}
