import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cluster } from './cluster.ts';
import { Producer } from './producer.ts';
import { readTopic } from './topic-reader.ts';

const brokers = process.env.KAFKA_BROKERS;

describe.skipIf(brokers === undefined)("the checker's own reader, on Kafka", () => {
  const prefix = `chaos-reader-${process.pid}-${Date.now()}`;
  let cluster: Cluster;

  beforeAll(() => {
    cluster = new Cluster(brokers ?? '');
  });
  afterAll(() => cluster.close());

  it('reads what was written, with keys, values, timestamps and offsets', async () => {
    const topic = `${prefix}-plain`;
    await cluster.createTopic(topic, 2, 1);
    const producer = await Producer.open(cluster);
    const records = Array.from({ length: 300 }, (_, index) => ({
      key: `key-${index}`,
      value: JSON.stringify({ index, text: 'ü'.repeat(index) }),
      timestamp: 1_767_603_600_000 + ((index * 7919) % 100_000),
    }));
    await producer.send(topic, 1, records.slice(0, 200));
    await producer.send(topic, 1, records.slice(200));
    expect(textsOf(await readTopic(cluster, topic))).toEqual(
      records.map((record, offset) => ({ ...record, partition: 1, offset })),
    );
  });

  it('leaves out aborted transactions that overlap, and those that began within others', async () => {
    const topic = `${prefix}-aborted`;
    await cluster.createTopic(topic, 1, 1);
    const [one, other, good] = await Promise.all(
      ['one', 'other', 'good'].map((name) => Producer.open(cluster, `${prefix}-${name}`)),
    );
    if (one === undefined || other === undefined || good === undefined) throw new Error('There are three producers.');
    const send = (producer: Producer, value: string) =>
      producer.send(topic, 0, [{ key: 'k', value, timestamp: 1_767_603_600_000 }]);
    await send(one, 'aborted 0');
    await send(good, 'good 1');
    await send(other, 'aborted 2');
    await send(one, 'aborted 3');
    await other.end('abort');
    await send(good, 'good 4');
    await send(one, 'aborted 5');
    await one.end('abort');
    await good.end('commit');
    await send(one, 'good 6');
    await one.end('commit');
    const values = (await readTopic(cluster, topic)).map(({ value }) => value?.toString());
    expect(values).toEqual(['good 1', 'good 4', 'good 6']);
  });

  it('reads nothing of a transaction that is still open', async () => {
    const topic = `${prefix}-open`;
    await cluster.createTopic(topic, 1, 1);
    const producer = await Producer.open(cluster, `${prefix}-open`);
    await producer.send(topic, 0, [{ key: 'k', value: 'not yet', timestamp: 1_767_603_600_000 }]);
    expect(await readTopic(cluster, topic)).toEqual([]);
    await producer.end('commit');
    // The marker is written after the answer.
    while ((await cluster.endOffset(topic, 0, 'committed')) < 2)
      await new Promise((resolve) => setTimeout(resolve, 10));
    expect((await readTopic(cluster, topic)).map(({ value }) => value?.toString())).toEqual(['not yet']);
  });
});

function textsOf(records: Awaited<ReturnType<typeof readTopic>>) {
  return records.map(({ key, value, ...rest }) => ({ ...rest, key: key?.toString(), value: value?.toString() }));
}
