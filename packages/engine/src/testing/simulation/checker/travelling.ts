import { encodeKey, type KeyFormat, KeyFormatError } from '../../../log/key-format.ts';
import { evaluateFor } from './model-expression.ts';
import type { End, ModelPipeline } from './model-pipeline.ts';
import type { ModelRecord } from './model-record.ts';
import { text } from './operator.ts';

/** Of a record that arrives at an input behind an internal topic: the records that are written into that topic. */
export function departing(pipeline: ModelPipeline, end: End, record: ModelRecord): readonly ModelRecord[] {
  const { kind } = pipeline.node(end.node);
  const expression = pipeline.keyBefore(end);
  if (kind === 'aggregate' && pipeline.shapeOf(pipeline.upstream(end)) === 'table') {
    return record.isLatest ? grouped(pipeline, end, record) : [];
  }
  const key = expression === '' ? record.key : evaluateFor(expression, record);
  if (kind === 'dedupe' && expression !== '') {
    // What is compared becomes the key, so that it meets its like; the record's own key travels along.
    return [{ ...record, key, window: null, value: { key: record.key, value: record.value } }];
  }
  return key === null && !pipeline.keepsNullKeys(end) ? [] : [{ ...record, key }];
}

/** What a changed row takes away from one key's result, and what it adds to another's. */
function grouped(pipeline: ModelPipeline, end: End, record: ModelRecord): readonly ModelRecord[] {
  const { config } = pipeline.node(end.node);
  const keyOf = (value: unknown): unknown =>
    value === null || value === undefined ? null : evaluateFor(text(config, 'by'), { ...record, value });
  const [key, oldMade] = [keyOf(record.value), keyOf(record.old)];
  // A row whose key did not fit was added to no result.
  const oldKey = fits((config.byFormat ?? 'string') as KeyFormat, oldMade) ? oldMade : null;
  const plain = { ...record, window: null };
  if (key !== null && oldKey !== null && encodeKey('json', key) === encodeKey('json', oldKey)) {
    return [{ ...plain, key, value: { old: record.old, new: record.value } }];
  }
  return [
    ...(oldKey === null ? [] : [{ ...plain, key: oldKey, value: { old: record.old } }]),
    ...(key === null ? [] : [{ ...plain, key, value: { new: record.value } }]),
  ];
}

function fits(format: KeyFormat, key: unknown): boolean {
  try {
    if (key !== null) encodeKey(format, key);
    return true;
  } catch (error) {
    if (!(error instanceof KeyFormatError)) throw error;
    return false;
  }
}
