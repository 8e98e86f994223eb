import { randomBytes } from 'node:crypto';
import { encodeBatch, LogError } from '@millrace/engine';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { apiKeys } from './codec/api-keys.ts';
import { KafkaLog } from './kafka-log.ts';
import { kafkaSettingsFromEnvironment } from './kafka-settings.ts';

const settings = kafkaSettingsFromEnvironment(process.env);
if (settings === null)
  console.warn('SKIPPED: names that one process has. Set KAFKA_BROKERS to test them on a real broker.');

describe.skipIf(settings === null)('a name that one process has', { timeout: 60_000 }, () => {
  let name: string;
  let older: KafkaLog;
  let newer: KafkaLog;

  beforeEach(async () => {
    if (settings === null) return;
    name = `test-${randomBytes(6).toString('hex')}`;
    [older, newer] = await Promise.all([KafkaLog.open(settings), KafkaLog.open(settings)]);
    const cleanup = { policy: 'delete', retentionMs: null, retentionBytes: null } as const;
    await older.ensureTopics([{ name, partitions: 1, role: 'external', owner: null, cleanup }]);
  });
  afterEach(async () => {
    await newer.deleteTopics([name]);
    await Promise.all([older.close(), newer.close()]);
  });

  const write = (log: KafkaLog, value: string) =>
    log.appendAs(name, [{ topic: name, partition: 0, batch: encodeBatch([{ key: null, value, timestamp: 0 }]) }]);

  async function failure(action: Promise<unknown>): Promise<LogError> {
    const error = await action.then(
      () => null,
      (error: unknown) => error,
    );
    expect(error).toBeInstanceOf(LogError);
    return error as LogError;
  }

  async function written(): Promise<(string | null)[]> {
    const values: (string | null)[] = [];
    for (let offset = 0, end = 1; offset < end; ) {
      const [result] = await newer.read([{ topic: name, partition: 0, offset }], {
        maxBytesPerPartition: 1_000_000,
        maxWaitMs: 1000,
      });
      if (result === undefined) break;
      for (const batch of result.batches) values.push(batch.valuesText);
      offset = result.nextOffset;
      end = result.undecidedEndOffset;
    }
    return values;
  }

  it('is taken from whoever had it, who is refused from then on and never takes it back', async () => {
    await older.takeName(name);
    await write(older, 'a');
    await newer.takeName(name);
    for (let attempt = 0; attempt < 3; attempt++) expect((await failure(write(older, 'zombie'))).code).toBe('fenced');
    await write(newer, 'b');
    expect(await written()).toEqual(['a', 'b']);
  });

  it('stays after a failure that has nothing to do with it', async () => {
    await older.takeName(name);
    const call = older.transport.call.bind(older.transport);
    older.transport.call = (node, apiKey, ...rest) =>
      apiKey === apiKeys.produce
        ? Promise.reject(new LogError('io', 'The cable is cut.'))
        : call(node, apiKey, ...rest);
    expect((await failure(write(older, 'lost'))).message).toBe('The cable is cut.');
    older.transport.call = call;
    await write(older, 'a');
    await newer.takeName(name);
    expect((await failure(write(older, 'zombie'))).code).toBe('fenced');
    expect(await written()).toEqual(['a']);
  });
});
