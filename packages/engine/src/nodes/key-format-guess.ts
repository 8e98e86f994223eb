import type { KeyFormat } from '../log/key-format.ts';
import type { CatalogueTopic } from '../topology/topic-catalogue.ts';

/**
 * Whether the keys of a topic may be of a format. The catalogue's format is a guess from a sample: JSON texts that are no objects look
 * like text, a double looks like a whole number or like bytes, and anything can be read as bytes.
 */
export function mayHaveKeyFormat(topic: CatalogueTopic, format: KeyFormat): boolean {
  if (topic.sampled === 0 || format === topic.keyFormat || format === 'bytes') return true;
  if (format === 'json') return topic.keyFormat === 'string';
  return format === 'double' && (topic.keyFormat === 'int64' || topic.keyFormat === 'bytes');
}
