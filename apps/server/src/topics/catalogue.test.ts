import {
  encodeBatch,
  encodeKey,
  type KeyFormat,
  LogError,
  type LogErrorCode,
  MemoryLog,
  type ProducedRecord,
  type ReadOptions,
  type ReadRequest,
  type ReadResult,
} from '@millrace/engine';
import { formatValueType } from '@millrace/expression';
import { describe, expect, it } from 'vitest';
import { Catalogue } from './catalogue.ts';
import { newestRecords } from './topic-listing.ts';

let clock = 0;

async function logWith(records: readonly ProducedRecord[], partitions = 1): Promise<MemoryLog> {
  const log = new MemoryLog();
  await log.ensureTopics([
    {
      name: 't',
      partitions,
      role: 'external',
      owner: null,
      cleanup: { policy: 'delete', retentionMs: null, retentionBytes: null },
    },
  ]);
  await append(log, records);
  return log;
}

async function append(log: MemoryLog, records: readonly ProducedRecord[]): Promise<void> {
  await log.append([{ topic: 't', partition: 0, batch: encodeBatch(records) }]);
}

function keyed(format: KeyFormat, ...keys: unknown[]): ProducedRecord[] {
  return keys.map((key, index) => ({ key: encodeKey(format, key), value: '{}', timestamp: index }));
}

async function inspected(log: MemoryLog) {
  const [topic] = await new Catalogue(log, () => clock).topics();
  if (topic === undefined) throw new Error('the topic is not in the catalogue');
  return topic;
}

describe('Catalogue', () => {
  it('merges the types of the records; a field that some lack is optional', async () => {
    const log = await logWith([
      { key: 'a', value: '{"n":1,"s":"x"}', timestamp: 1 },
      { key: 'b', value: '{"n":2}', timestamp: 2 },
      { key: 'c', value: null, timestamp: 3 },
    ]);
    const topic = await inspected(log);
    expect(topic).toMatchObject({ keyFormat: 'string', key: { kind: 'string' }, sampled: 3 });
    expect(topic.value).toEqual({
      kind: 'object',
      open: false,
      fields: [
        { name: 'n', type: { kind: 'number' }, optional: false },
        { name: 's', type: { kind: 'string' }, optional: true },
      ].toSorted((left, right) => (left.name < right.name ? -1 : 1)),
    });
    expect(topic.latest.map(({ key }) => key)).toEqual(['c', 'b', 'a']);
  });

  it('guesses the format that all keys fit', async () => {
    expect((await inspected(await logWith(keyed('string', 'DTW', '水', '42')))).keyFormat).toBe('string');
    expect((await inspected(await logWith(keyed('json', { key: 'CA', start: 1, end: 2 })))).keyFormat).toBe('json');
    expect((await inspected(await logWith(keyed('int32', 1, 7, 70_000)))).keyFormat).toBe('int32');
    expect((await inspected(await logWith(keyed('int64', 1, 7, 2 ** 40)))).keyFormat).toBe('int64');
    expect((await inspected(await logWith(keyed('bytes', '/wD/', 'AAECAw==')))).keyFormat).toBe('bytes');
    expect((await inspected(await logWith([]))).keyFormat).toBe('string');
  });

  it('knows nothing of the values of an empty topic, and nothing from records that are not JSON', async () => {
    expect(formatValueType((await inspected(await logWith([]))).value)).toBe('unknown');
    const log = await logWith([
      { key: 'a', value: 'not json', timestamp: 1 },
      { key: 'b', value: new Uint8Array([0xff]), timestamp: 2 },
      { key: 'c', value: '{"n":1}', timestamp: 3 },
    ]);
    const topic = await inspected(log);
    expect(formatValueType(topic.value)).toBe('{n}');
    expect(topic.latest.map(({ value }) => value)).toEqual([{ n: 1 }, '/w==', 'not json']);
  });

  it('looks again after two seconds, where records were appended', async () => {
    clock = 0;
    const log = await logWith([{ key: 'a', value: '{"n":1}', timestamp: 1 }]);
    const catalogue = new Catalogue(log, () => clock);
    const [before] = await catalogue.topics();
    await append(log, [{ key: 'b', value: '{"n":1,"m":2}', timestamp: 2 }]);
    clock = 1_999;
    expect((await catalogue.topics())[0]).toBe(before);
    clock = 2_000;
    const [after] = await catalogue.topics();
    expect(after?.sampled).toBe(2);
    clock = 9_000;
    expect((await catalogue.topics())[0]).toBe(after);
  });

  describe('with a topic that cannot be read', () => {
    class PartlyReadableLog extends MemoryLog {
      code: LogErrorCode = 'not-authorised';
      override read(requests: readonly ReadRequest[], options: ReadOptions): Promise<readonly ReadResult[]> {
        const isRefused = requests.some(({ topic }) => topic === 'closed');
        return isRefused ? Promise.reject(new LogError(this.code, 'No.')) : super.read(requests, options);
      }
    }

    async function partlyReadable(): Promise<PartlyReadableLog> {
      const log = new PartlyReadableLog();
      const cleanup = { policy: 'delete', retentionMs: null, retentionBytes: null } as const;
      await log.ensureTopics(
        ['closed', 't'].map((name) => ({ name, partitions: 1, role: 'external', owner: null, cleanup })),
      );
      await append(log, [{ key: 'k', value: '{"a":1}', timestamp: 0 }]);
      return log;
    }

    it('knows all others, and of that one what can be known', async () => {
      for (const code of ['not-authorised', 'offset-out-of-range', 'unknown-topic'] as const) {
        const log = await partlyReadable();
        log.code = code;
        const topics = await new Catalogue(log, () => clock).topics();
        expect(topics.map(({ name, sampled }) => [name, sampled])).toEqual([
          ['closed', 0],
          ['t', 1],
        ]);
      }
    });

    it('fails when it is the log that cannot be reached', async () => {
      const log = await partlyReadable();
      log.code = 'unreachable';
      await expect(new Catalogue(log, () => clock).topics()).rejects.toMatchObject({ code: 'unreachable' });
    });
  });

  it('samples the newest records only', async () => {
    const records = Array.from({ length: 1_000 }, (_, n) => ({
      key: 'k',
      value: JSON.stringify({ [n < 800 ? 'old' : 'new']: n }),
      timestamp: n,
    }));
    const topic = await inspected(await logWith(records));
    expect(topic.sampled).toBe(200);
    expect(formatValueType(topic.value)).toBe('{new}');
  });
});

describe('newestRecords', () => {
  it('gives as many as asked for, newest first, wherever they lie', async () => {
    const records = Array.from({ length: 30 }, (_, n) => ({ key: 'k', value: `${n}`, timestamp: n }));
    const log = await logWith(records, 4);
    expect((await newestRecords(log, 't', 10)).map(({ value }) => value)).toEqual([
      29, 28, 27, 26, 25, 24, 23, 22, 21, 20,
    ]);
    await expect(newestRecords(log, 'nope', 1)).rejects.toMatchObject({ code: 'not-found' });
  });
});
