import { randomBytes } from 'node:crypto';
import { type EncodedBatch, encodeBatch, LogError } from '@millrace/engine';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { apiKeys } from './codec/api-keys.ts';
import { encodeKafkaBatches } from './codec/records/batch-encoder.ts';
import { Fetcher } from './fetcher.ts';
import { KafkaLog } from './kafka-log.ts';
import { type Compression, type KafkaSettings, kafkaSettingsFromEnvironment } from './kafka-settings.ts';
import { Leaders } from './leaders.ts';
import { between } from './testing/between.ts';
import { TransactionalProducer } from './transactional-producer.ts';
import type { RpcTransport } from './transport/rpc-transport.ts';

const settings = kafkaSettingsFromEnvironment(process.env);
const name = settings === null ? 'SKIPPED, since KAFKA_BROKERS names no Kafka cluster: transactions' : 'transactions';

/** Carries requests out, and loses the first answers to those of one kind. */
function losingAnswers(transport: RpcTransport, apiKey: number, count: number): RpcTransport {
  let left = count;
  return between(transport, async (node, key, version, body, options) => {
    const answer = await transport.call(node, key, version, body, options);
    if (key !== apiKey || left-- <= 0) return answer;
    throw new LogError('unreachable', 'The answer was lost.', { retriable: true });
  });
}

describe.skipIf(settings === null)(name, { timeout: 60_000 }, () => {
  const prefix = `test-${randomBytes(6).toString('hex')}`;
  const topics = ['a', 'b'].map((topic) => `${prefix}-${topic}`);
  let log: KafkaLog;

  beforeEach(async () => {
    if (settings === null) return;
    log = await KafkaLog.open(settings);
    const cleanup = { policy: 'delete', retentionMs: null, retentionBytes: null } as const;
    await log.ensureTopics(
      topics.map((topic) => ({ name: topic, partitions: 1, role: 'external', cleanup, owner: null })),
    );
  });

  afterEach(async () => {
    await log.deleteTopics(topics);
    await log.close();
  });

  function batchOf(...values: readonly string[]): EncodedBatch {
    return encodeBatch(values.map((value) => ({ key: value, value, timestamp: 1 })));
  }

  function work(value: string, partitions = topics) {
    const batches = (): ReturnType<typeof encodeKafkaBatches> =>
      encodeKafkaBatches([batchOf(value)], { compression: 'none', maxBatchBytes: 1_000_000 });
    return { partitions: partitions.map((topic) => ({ topic, partition: 0, batches: batches() })), offsets: null };
  }

  /** How many offsets of the first topic are not decided yet. */
  async function undecided(): Promise<number> {
    const at = { topic: topics[0] as string, partition: 0, offset: 0 };
    const [result] = await log.read([at], { maxBytesPerPartition: 1000, maxWaitMs: 0 });
    return (result?.undecidedEndOffset ?? 0) - (result?.endOffset ?? 0);
  }

  async function all(topic: string): Promise<string[]> {
    const found: string[] = [];
    for (let offset = 0, end: number | null = null; end === null || offset < end; ) {
      const maxWaitMs = end === null ? 0 : 200;
      const [result] = await log.read([{ topic, partition: 0, offset }], { maxBytesPerPartition: 100_000, maxWaitMs });
      if (result === undefined) break;
      for (const batch of result.batches) {
        for (let index = 0; index < batch.count; index++) found.push(batch.keyByteString(index) ?? '');
      }
      offset = result.nextOffset;
      end ??= result.undecidedEndOffset;
    }
    return found;
  }

  it.each(['produce', 'endTxn', 'addPartitionsToTxn', 'initProducerId'] as const)(
    'write everything once though answers to %s are lost',
    async (request) => {
      const transport = losingAnswers(log.transport, apiKeys[request], 2);
      const producer = new TransactionalProducer(`${prefix}-${request}`, transport, new Leaders(transport));
      for (const value of ['1', '2', '3']) await producer.run(work(value));
      expect(await Promise.all(topics.map(all))).toEqual([
        ['1', '2', '3'],
        ['1', '2', '3'],
      ]);
    },
  );

  it('write nothing when a part fails, and go on with the next', async () => {
    const { transport } = log;
    const producer = new TransactionalProducer(`${prefix}-part`, transport, new Leaders(transport));
    await producer.run(work('before'));
    const huge = encodeKafkaBatches([batchOf('x'.repeat(3_000_000))], { compression: 'none', maxBatchBytes: 1_000 });
    const bad = work('aborted');
    const [first, second] = bad.partitions;
    if (first === undefined || second === undefined) throw new Error('There are two topics.');
    await expect(producer.run({ ...bad, partitions: [first, { ...second, batches: huge }] })).rejects.toMatchObject({
      code: 'too-large',
    });
    await producer.run(work('after'));
    expect(await Promise.all(topics.map(all))).toEqual([
      ['before', 'after'],
      ['before', 'after'],
    ]);
  });

  it('that a killed process left open are ended by the next process of its name', async () => {
    const killed = await KafkaLog.open(settings as KafkaSettings);
    const silent: RpcTransport = losingAnswers(killed.transport, apiKeys.produce, Number.POSITIVE_INFINITY);
    const gone = new TransactionalProducer(`${prefix}-worker-1`, silent, new Leaders(killed.transport));
    const ended = gone.run(work('left')).catch(() => undefined);
    // Its records are there, and nobody decides about them.
    await expect.poll(undecided).toBeGreaterThan(0);
    await killed.close();
    await ended;
    const next = await KafkaLog.open(settings as KafkaSettings, { processName: 'worker-1' });
    await next.endLeftTransaction(prefix);
    expect(await undecided()).toBe(0);
    await log.append([{ topic: topics[0] as string, partition: 0, batch: batchOf('after') }]);
    expect(await all(topics[0] as string)).toEqual(['after']);
    await next.close();
  });

  it('are not seen while they go on, nor what was written after them, and say where the undecided end is', async () => {
    const { transport } = log;
    const fetcher = new Fetcher(transport, new Leaders(transport));
    const [topic] = topics as [string];
    // Its end is lost together with the producer: it stays open until another takes the name.
    const endless: RpcTransport = {
      ...losingAnswers(transport, -99, 0),
      call: (node, key, version, body, options) =>
        key === apiKeys.endTxn
          ? Promise.reject(new LogError('io', 'The producer is gone.'))
          : transport.call(node, key, version, body, options),
    };
    const gone = new TransactionalProducer(`${prefix}-open`, endless, new Leaders(endless));
    await expect(gone.run(work('open', [topic]))).rejects.toMatchObject({ code: 'unknown-outcome' });
    await log.append([{ topic, partition: 0, batch: batchOf('later') }]);
    const [result] = await log.read([{ topic, partition: 0, offset: 0 }], { maxBytesPerPartition: 1000, maxWaitMs: 0 });
    expect(result).toMatchObject({ batches: [], nextOffset: 0, endOffset: 0, undecidedEndOffset: 2 });
    expect(await fetcher.offsets([{ topic, partition: 0 }], 'undecided')).toEqual([2]);
    const heir = new TransactionalProducer(`${prefix}-open`, transport, new Leaders(transport));
    await heir.run(work('heir', [topic]));
    expect(await all(topic)).toEqual(['later', 'heir']);
  });

  it.each(['gzip', 'snappy', 'lz4', 'none'] satisfies Compression[])(
    'carry records compressed with %s',
    async (compression) => {
      if (settings === null) return;
      const other = await KafkaLog.open({ ...settings, compression });
      const values = Array.from({ length: 300 }, (_, number) => `${number}-${'value '.repeat(number)}`);
      const appends = topics.map((topic) => ({ topic, partition: 0, batch: batchOf(...values) }));
      await other.append(appends);
      await other.close();
      expect(await Promise.all(topics.map(all))).toEqual([values, values]);
    },
  );
});
