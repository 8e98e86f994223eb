import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installedTools } from '../../scripts/kafka/distribution.mjs';
import { type LocalKafka, startKafka } from '../../scripts/kafka/start-kafka.mjs';
import { FaultProxy } from './fault-proxy.ts';
import { Cluster } from './wire/cluster.ts';
import { Producer } from './wire/producer.ts';
import { readTopic } from './wire/topic-reader.ts';

const { java, maven } = await installedTools();

// A cluster of its own, whatever others use: its broker is killed.
describe.skipIf(!java || !maven)('a local broker behind a proxy', () => {
  let proxy: FaultProxy;
  let kafka: LocalKafka;
  let cluster: Cluster;

  beforeAll(async () => {
    proxy = await FaultProxy.open();
    kafka = await startKafka({ proxyPorts: [proxy.port] });
    proxy.forwardTo(kafka.portsBehindProxy[0] ?? 0);
    cluster = new Cluster(`127.0.0.1:${proxy.port}`);
  });
  afterAll(async () => {
    await cluster.close();
    await proxy.close();
    await kafka.stop();
  });

  it('keeps what was written when it is killed, and clients that stay behind the proxy go on', async () => {
    await cluster.createTopic('survivors', 1, 1);
    const producer = await Producer.open(cluster);
    const send = (value: string) => producer.send('survivors', 0, [{ key: 'k', value, timestamp: 1_767_603_600_000 }]);
    await send('before');
    await kafka.kill(1);
    expect(kafka.pid(1)).toBeNull();
    const during = send('during');
    await kafka.restart(1);
    await during;
    proxy.reset();
    await send('after');
    const values = (await readTopic(cluster, 'survivors')).map(({ value }) => value?.toString());
    expect(values).toEqual(['before', 'during', 'after']);
    expect(proxy.connections).toBeGreaterThan(0);
  });
});
