import { evaluateFor, ModelFailure } from '../model-expression.ts';
import type { ModelHeader, ModelRecord } from '../model-record.ts';
import { type Config, text } from '../operator.ts';

/** What a sink writes of a record, and into which partition where it says so itself. */
export function written(
  config: Config,
  record: ModelRecord,
  isTable: boolean,
): { readonly record: ModelRecord; readonly partition: number | null } {
  const made = (name: string, otherwise: unknown): unknown =>
    text(config, name) === '' ? otherwise : evaluateFor(text(config, name), record);
  const key = made('key', record.key);
  const value = isTable && record.value === null ? null : made('value', record.value);
  const timestamp = made('timestamp', record.timestamp);
  if (typeof timestamp !== 'number' || timestamp < 0) throw new ModelFailure('no time');
  const headers = writtenHeaders(config, record);
  const partition = made('partition', null);
  const window = text(config, 'key') === '' ? record.window : null;
  return {
    record: { ...record, key, value, timestamp: Math.trunc(timestamp), headers, window },
    partition: typeof partition === 'number' ? partition : null,
  };
}

function writtenHeaders(config: Config, record: ModelRecord): readonly ModelHeader[] {
  const own = (config.headers ?? []) as readonly Config[];
  const names = new Set(own.map(({ name }) => name));
  return [
    ...record.headers.filter(([name]) => !names.has(name)),
    ...own.map(({ name, value }): ModelHeader => {
      const found = evaluateFor(String(value), record);
      return [String(name), found === null ? null : typeof found === 'string' ? found : JSON.stringify(found)];
    }),
  ];
}
