import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FaultProxy } from './fault-proxy.ts';
import { Writer } from './wire/bytes.ts';
import { api, Cluster } from './wire/cluster.ts';
import { Connection } from './wire/connection.ts';
import { Producer } from './wire/producer.ts';
import { readTopic } from './wire/topic-reader.ts';

const brokers = process.env.KAFKA_BROKERS;

describe.skipIf(brokers === undefined)('the proxy that makes the network fail, before Kafka', () => {
  const here = '127.0.0.1';
  let proxy: FaultProxy;
  const [host = '', port = ''] = brokers?.split(',')[0]?.split(':') ?? [];
  let direct: Cluster;

  beforeEach(async () => {
    proxy = await FaultProxy.open();
    proxy.forwardTo(Number(port), host);
    direct = new Cluster(brokers ?? '');
  });
  afterEach(async () => {
    await direct.close();
    await proxy.close();
  });

  const askMetadata = (connection: Connection) => connection.request(api.metadata, 1, new Writer().int32(0).end());

  it('passes requests and answers on unchanged', async () => {
    const through = await Connection.open(here, proxy.port);
    const straight = await Connection.open(host, Number(port));
    expect((await askMetadata(through)).toString('hex')).toBe((await askMetadata(straight)).toString('hex'));
    through.close();
    straight.close();
  });

  it('tells when a request of a kind passes, and not of another', async () => {
    const through = await Connection.open(here, proxy.port);
    const told: string[] = [];
    const passed = proxy.nextRequest(api.metadata).then(() => told.push('metadata'));
    void proxy.nextRequest(api.endTxn).then(() => told.push('endTxn'));
    await askMetadata(through);
    await passed;
    expect(told).toEqual(['metadata']);
    through.close();
  });

  it.each(['reset', 'silence'] as const)('loses the answer to a commit that was done, then %s', async (then) => {
    const topic = `chaos-proxy-${then}-${process.pid}-${Date.now()}`;
    await direct.createTopic(topic, 1, 1);
    const producer = await Producer.open(direct, topic);
    await producer.send(topic, 0, [{ key: 'k', value: 'v', timestamp: 1_767_603_600_000 }]);

    const coordinator = await direct.coordinatorOf(1, topic);
    proxy.forwardTo(coordinator.port, coordinator.host);
    const through = await Connection.open(here, proxy.port);
    proxy.loseAnswers(api.endTxn, 1, then);
    const { id, epoch } = producer.identity;
    const lost = through.request(api.endTxn, 0, new Writer().string(topic).int64(id).int16(epoch).int8(1).end());
    const outcome = lost.then(
      () => 'answered',
      () => 'lost',
    );
    while ((await direct.endOffset(topic, 0, 'committed')) < 2) await new Promise((resolve) => setTimeout(resolve, 10));
    expect((await readTopic(direct, topic)).map(({ value }) => value?.toString())).toEqual(['v']);
    while (proxy.strikes.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(proxy.strikes).toEqual([{ fault: 'answer lost', apiKey: api.endTxn }]);
    // Of a silent connection, the next answer arrives.
    if (then === 'silence') expect((await askMetadata(through)).length).toBeGreaterThan(0);
    through.close();
    expect(await outcome).toBe('lost');
  });

  it('cuts off who is there and who comes, until it is healed', async () => {
    const there = await Connection.open(here, proxy.port);
    await askMetadata(there);
    proxy.cut();
    await expect(askMetadata(there)).rejects.toThrow();
    const coming = Connection.open(here, proxy.port).then(askMetadata);
    await expect(coming).rejects.toThrow();
    proxy.heal();
    const back = await Connection.open(here, proxy.port);
    expect((await askMetadata(back)).length).toBeGreaterThan(0);
    back.close();
  });

  it('resets who is there and welcomes who comes', async () => {
    const there = await Connection.open(here, proxy.port);
    await askMetadata(there);
    proxy.reset();
    await expect(askMetadata(there)).rejects.toThrow();
    const coming = await Connection.open(here, proxy.port);
    expect((await askMetadata(coming)).length).toBeGreaterThan(0);
    coming.close();
  });

  it('holds answers back, in their order', async () => {
    const connection = await Connection.open(here, proxy.port);
    const delayMs = 150;
    proxy.delay(delayMs);
    const beginMs = performance.now();
    const order: number[] = [];
    await Promise.all([1, 2, 3].map((turn) => askMetadata(connection).then(() => order.push(turn))));
    expect(performance.now() - beginMs).toBeGreaterThanOrEqual(delayMs - 1);
    expect(order).toEqual([1, 2, 3]);
    expect(proxy.strikes).toHaveLength(3);
    connection.close();
  });
});
