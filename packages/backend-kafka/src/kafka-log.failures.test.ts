import { randomBytes } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import { encodeBatch, LogError, type TopicSpec } from '@millrace/engine';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KafkaLog } from './kafka-log.ts';
import { kafkaSettingsFromEnvironment } from './kafka-settings.ts';

const settings = kafkaSettingsFromEnvironment(process.env);
const name = settings === null ? 'SKIPPED, since KAFKA_BROKERS names no Kafka cluster: failures' : 'failures';

async function failure(action: Promise<unknown>): Promise<LogError> {
  try {
    await action;
  } catch (error) {
    expect(error).toBeInstanceOf(LogError);
    return error as LogError;
  }
  throw new Error('It did not fail.');
}

describe('a cluster that cannot be used', () => {
  const servers: Server[] = [];
  const sockets: Socket[] = [];

  afterAll(() => {
    for (const socket of sockets) socket.destroy();
    for (const server of servers) server.close();
  });

  async function listen(answer: (socket: Socket) => void): Promise<string> {
    const server = createServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => socket.destroy());
      answer(socket);
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `127.0.0.1:${(server.address() as { port: number }).port}`;
  }

  it('is named with all its brokers when none answers', async () => {
    const { code, message, retriable } = await failure(KafkaLog.open({ brokers: ['127.0.0.1:1', '127.0.0.1:2'] }));
    expect([code, retriable]).toEqual(['unreachable', true]);
    expect(message).toMatch(/127\.0\.0\.1:1, 127\.0\.0\.1:2.*Check host and port/);
  });

  it('is named when something else listens there', async () => {
    const closes = await listen((socket) => void socket.end());
    expect(await failure(KafkaLog.open({ brokers: [closes] }))).toMatchObject({
      code: 'unreachable',
      message: expect.stringContaining(closes) as unknown,
    });
    const http = await listen((socket) => {
      socket.on('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    });
    expect((await failure(KafkaLog.open({ brokers: [http] }))).message).toContain(http);
  });

  it('never has the password in what is said of it', async () => {
    const closes = await listen((socket) => void socket.end());
    const sasl = { mechanism: 'plain', username: 'me', password: 'the-secret' } as const;
    const error = await failure(KafkaLog.open({ brokers: [closes], sasl }));
    expect(JSON.stringify([error.message, error.stack, String(error.cause)])).not.toContain('the-secret');
  });
});

describe.skipIf(settings === null)(name, { timeout: 60_000 }, () => {
  const prefix = `test-${randomBytes(6).toString('hex')}`;
  let log: KafkaLog;

  const spec = (topic: string, properties: Partial<TopicSpec> = {}): TopicSpec => ({
    name: `${prefix}-${topic}`,
    partitions: 1,
    role: 'external',
    cleanup: { policy: 'delete', retentionMs: null, retentionBytes: null },
    owner: null,
    ...properties,
  });
  const append = (topic: string, value: string, key: string | null = 'k') => ({
    topic: `${prefix}-${topic}`,
    partition: 0,
    batch: encodeBatch([{ key, value, timestamp: 0 }]),
  });

  beforeEach(async () => {
    if (settings !== null) log = await KafkaLog.open(settings);
  });

  afterEach(async () => {
    const names = (await log.topics()).map((topic) => topic.name).filter((topic) => topic.startsWith(prefix));
    await log.deleteTopics(names);
    await log.close();
  });

  it('of a record that is too large name topic, broker and setting, and keep nothing of the append', async () => {
    await log.ensureTopics([spec('in'), spec('out')]);
    const huge = append('in', 'x'.repeat(3_000_000));
    for (const appends of [[huge], [append('out', 'a'), huge]]) {
      const { code, message } = await failure(log.append(appends));
      expect(code).toBe('too-large');
      expect(message).toContain(`${prefix}-in-0 at `);
      expect(message).toContain('max.message.bytes');
    }
    const requests = ['in', 'out'].map((topic) => ({ topic: `${prefix}-${topic}`, partition: 0, offset: 0 }));
    const results = await log.read(requests, { maxBytesPerPartition: 1_000_000, maxWaitMs: 0 });
    expect(results.map(({ batches }) => batches.length)).toEqual([0, 0]);
    await log.append([append('in', 'small')]);
    await log.append([append('in', 'small'), append('out', 'small')]);
  });

  it('of a topic that is missing name it', async () => {
    expect(await failure(log.append([append('nowhere', 'a')]))).toMatchObject({ code: 'unknown-topic' });
    const { message } = await failure(
      log.read([{ topic: `${prefix}-nowhere`, partition: 0, offset: 0 }], { maxBytesPerPartition: 1, maxWaitMs: 0 }),
    );
    expect(message).toContain(`${prefix}-nowhere`);
  });

  it('of more copies than brokers say so', async () => {
    if (settings === null) return;
    const many = await KafkaLog.open({ ...settings, replicationFactor: 20 });
    const { code, message } = await failure(many.ensureTopics([spec('copies')]));
    await many.close();
    expect([code, message.includes(`${prefix}-copies`)]).toEqual(['unsupported', true]);
  });

  it('of a record without a key in a compacted topic say so', async () => {
    await log.ensureTopics([spec('table', { cleanup: { policy: 'compact', historyMs: 0, historyBytes: null } })]);
    const { code, message } = await failure(log.append([append('table', 'a', null)]));
    expect([code, message.includes('needs a key')]).toEqual(['invalid-record', true]);
  });

  it('shut out whoever was overtaken, in another process too, and nothing of it is ever seen', async () => {
    if (settings === null) return;
    await log.ensureTopics([spec('out')]);
    const other = await KafkaLog.open(settings);
    const [old] = (await log.fence(`${prefix}-app`, ['0_0'])) as [number];
    const commit = (epoch: number, value: string) => ({
      application: `${prefix}-app`,
      tasks: [{ taskId: '0_0', epoch, positions: [], state: value }],
      appends: [append('out', value)],
    });
    await log.commit(commit(old, 'one'));
    const [next] = (await other.fence(`${prefix}-app`, ['0_0'])) as [number];
    expect(next).toBeGreaterThan(old);
    expect((await failure(log.commit(commit(old, 'zombie')))).code).toBe('fenced');
    expect(await other.committed(`${prefix}-app`, '0_0')).toMatchObject({ epoch: old, state: 'one' });
    await other.commit(commit(next, 'two'));
    expect(await other.committed(`${prefix}-app`, '0_0')).toMatchObject({ epoch: next, state: 'two' });
    const seen: (string | null)[] = [];
    for (let offset = 0, end = 1; offset < end; ) {
      const [result] = await log.read([{ topic: `${prefix}-out`, partition: 0, offset }], {
        maxBytesPerPartition: 1_000_000,
        maxWaitMs: 1000,
      });
      if (result === undefined) break;
      for (const batch of result.batches) seen.push(batch.valuesText);
      offset = result.nextOffset;
      end = result.undecidedEndOffset;
    }
    expect(seen).toEqual(['one', 'two']);
    await other.close();
  });
});
