import { isDeepStrictEqual } from 'node:util';
import type { ExpectedOutput, OutputRecord } from './expected-output.ts';
import type { WrittenOutput } from './run-query.ts';

/** Says what is wrong with an output, at most a few lines; nothing when it is exactly what was expected. */
export function differences(actual: readonly WrittenOutput[], expected: ExpectedOutput): readonly string[] {
  const wrong: string[] = [];
  const count = expected.count ?? expected.records.length;
  if (actual.length !== count) wrong.push(`${actual.length} records instead of ${count}`);
  const found = byKey(actual);
  const wanted = byKey(expected.records);
  if (found.size !== wanted.size) wrong.push(`${found.size} keys and windows instead of ${wanted.size}`);
  for (const [name, wantedRecords] of wanted) {
    const all = found.get(name) ?? [];
    const records = expected.told === 'every record' ? all : all.slice(-1);
    const length = Math.max(records.length, wantedRecords.length);
    for (let index = 0; index < length && wrong.length < 5; index++) {
      if (isSame(records[index], wantedRecords[index])) continue;
      const [is, should] = [records[index], wantedRecords[index]];
      const isShown = shown(is?.text, is?.timestamp);
      const shouldShown = shown(should && JSON.stringify(should.value), should?.timestamp);
      wrong.push(`${name}, record ${index}: ${isShown} instead of ${shouldShown}`);
      break;
    }
  }
  for (const name of found.keys()) if (!wanted.has(name) && wrong.length < 5) wrong.push(`${name} is not expected`);
  return wrong;
}

function byKey<Output extends Pick<OutputRecord, 'key' | 'window'>>(
  records: readonly Output[],
): ReadonlyMap<string, readonly Output[]> {
  const groups = new Map<string, Output[]>();
  for (const record of records) {
    const { key, window } = record;
    const name = window === undefined ? key : `${key} in ${window.start}–${window.end}`;
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [record]);
    else group.push(record);
  }
  return groups;
}

function isSame(found: WrittenOutput | undefined, wanted: OutputRecord | undefined): boolean {
  if (found === undefined || wanted === undefined) return false;
  if (found.timestamp !== wanted.timestamp) return false;
  // Mostly the fields stand in the same order.
  return found.text === JSON.stringify(wanted.value) || isDeepStrictEqual(JSON.parse(found.text), wanted.value);
}

function shown(text: string | undefined, timestamp: number | undefined): string {
  return text === undefined ? 'nothing' : `${text.slice(0, 500)} at ${timestamp}`;
}
