import { readFile } from 'node:fs/promises';
import { encodeKey, type ProducedRecord, parseTimestamp } from '@millrace/engine';
import { z } from 'zod';

/** A line of a recorded topic. */
const lineSchema = z.strictObject({
  key: z.string(),
  value: z.record(z.string(), z.json()),
  /** Epoch milliseconds. */
  timestamp: z.number().optional(),
});
export type RecordedLine = z.infer<typeof lineSchema>;

/** @throws Error that names the file and the line */
export async function readRecordedTopic(path: string): Promise<readonly RecordedLine[]> {
  const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
  return lines.map((line, index) => {
    try {
      return lineSchema.parse(JSON.parse(line));
    } catch (error) {
      throw new Error(`${path}, line ${index + 1}: ${error instanceof Error ? error.message : String(error)}`);
    }
  });
}

/** A recorded line as it is appended; @param timestampField the value's field that dates a line without a timestamp */
export function recordOf(line: RecordedLine, timestampField: string | null): ProducedRecord {
  const dated = timestampField === null ? null : line.value[timestampField];
  const timestamp = line.timestamp ?? (typeof dated === 'string' ? parseTimestamp(dated) : null);
  if (timestamp === null) throw new Error(`The recorded line with key ${line.key} has no time.`);
  return { key: encodeKey('string', line.key), value: JSON.stringify(line.value), timestamp };
}
