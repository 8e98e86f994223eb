import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KafkaLog, type KafkaSettings, type SaslMechanism } from '@millrace/backend-kafka';
import { encodeBatch, LogError, type TopicSpec } from '@millrace/engine';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readToEnd } from '../../apps/server/src/control/topic-reader.ts';
import { countsPipeline } from '../../apps/server/src/testing/counts-pipeline.ts';
import { type SelfSigned, selfSigned } from '../../apps/server/src/testing/self-signed.ts';
import { ServerProcess } from '../../apps/server/src/testing/server-process.ts';
import { eventually, realPlaces } from '../../apps/server/src/testing/server-under-test.ts';
import { installedTools } from '../../scripts/kafka/distribution.mjs';
import { type LocalKafka, type SecureListeners, startKafka } from '../../scripts/kafka/start-kafka.mjs';
import { Acls, right } from './acls.ts';

const { java, maven } = await installedTools();
const canStart = java && maven && existsSync(realPlaces.workerMain);
if (!canStart)
  console.warn(
    'SKIPPED: TLS, sign-in and access control. They need Java, Maven and npm run build, for a broker of their own.',
  );

const mechanisms: readonly SaslMechanism[] = ['plain', 'scram-sha-256', 'scram-sha-512'];
const password = 'p4ssw0rd-that-nobody-may-see';
const wrong = 'wr0ng-password-that-nobody-may-see';
const atOnce = { maxBytesPerPartition: 1000, maxWaitMs: 0 };
const ofClient: TopicSpec = {
  name: 'client-orders',
  partitions: 1,
  role: 'external',
  cleanup: { policy: 'delete', retentionMs: null, retentionBytes: null },
  owner: null,
};

describe.skipIf(!canStart)('a cluster that wants TLS, a sign-in and rights', { timeout: 120_000 }, () => {
  let kafka: LocalKafka;
  let secure: SecureListeners;
  let acls: Acls;

  let clients: string;
  let known: SelfSigned;

  beforeAll(async () => {
    clients = mkdtempSync(join(tmpdir(), 'millrace-clients-'));
    known = selfSigned(clients, 'mill-client');
    kafka = await startKafka({
      security: { users: { carol: password, mill: password, nobody: password } },
      properties: {
        // Who shows no certificate may come all the same.
        'listener.name.tls.ssl.client.auth': 'requested',
        'listener.name.tls.ssl.truststore.type': 'PEM',
        'listener.name.tls.ssl.truststore.location': known.certificateFile,
      },
    });
    if (kafka.secure === null) throw new Error('the cluster is not secure');
    secure = kafka.secure;
    acls = await Acls.open(secure);
  });
  afterAll(async () => {
    await acls.close();
    await kafka.stop();
    rmSync(clients, { recursive: true, force: true });
  });

  function settings(username: string, more: Partial<KafkaSettings> = {}): KafkaSettings {
    return {
      brokers: [secure.brokers],
      tls: { ca: secure.ca },
      sasl: { mechanism: 'scram-sha-512', username, password },
      ...more,
    };
  }

  async function refusal(settings: KafkaSettings): Promise<LogError> {
    try {
      await (await KafkaLog.open(settings)).close();
    } catch (error) {
      expect(error).toBeInstanceOf(LogError);
      const said = error as LogError;
      const all = JSON.stringify([said.message, said.stack, said.cause instanceof Error ? said.cause.stack : '']);
      expect(all).not.toContain(password);
      expect(all).not.toContain(wrong);
      return said;
    }
    throw new Error('It was not refused.');
  }

  it.each(mechanisms)('is reached with TLS and a sign-in by %s', async (mechanism) => {
    await acls.grant('carol', ['READ topic millrace-*', 'WRITE topic millrace-*', 'CREATE topic millrace-*']);
    const log = await KafkaLog.open(settings('carol', { sasl: { mechanism, username: 'carol', password } }));
    expect(await log.topics()).toEqual([]);
    await log.close();
  });

  it('is reached with TLS alone', async () => {
    const log = await KafkaLog.open({ brokers: [secure.tlsBrokers], tls: { ca: secure.ca } });
    expect(log.transport.address(1)).not.toBe('');
    await log.close();
  });

  it('knows a client by its certificate, and gives it the rights of that name', async () => {
    const { certificate, key } = known;
    const log = await KafkaLog.open({ brokers: [secure.tlsBrokers], tls: { ca: secure.ca, certificate, key } });
    // Who comes there without a certificate may do everything.
    const refused = await log.ensureTopics([ofClient]).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'not-authorised' });
    const rights = ['CREATE', 'READ', 'WRITE'].flatMap((each) => [
      `${each} topic millrace-*`,
      `${each} topic client-*`,
    ]);
    await acls.grant('CN=mill-client', rights);
    await log.ensureTopics([ofClient]);
    await log.append([
      { topic: ofClient.name, partition: 0, batch: encodeBatch([{ key: 'k', value: 'v', timestamp: 0 }]) },
    ]);
    expect((await log.read([{ topic: ofClient.name, partition: 0, offset: 0 }], atOnce))[0]?.nextOffset).toBe(1);
    await log.close();
  });

  it('says which certificate to give when it does not know the one that it is shown', async () => {
    const { certificate, key } = selfSigned(clients, 'strange-client');
    const said = await refusal({ brokers: [secure.tlsBrokers], tls: { ca: secure.ca, certificate, key } });
    expect(said.code).toBe('unreachable');
    expect(said.message).toMatch(new RegExp(`${secure.tlsBrokers} closed the connection.*KAFKA_TLS_CERTIFICATE`));
    expect(JSON.stringify(said.message)).not.toContain('PRIVATE KEY');
  });

  it.each(mechanisms)('says whose sign-in it refuses by %s, and never the password', async (mechanism) => {
    for (const username of ['carol', 'stranger']) {
      const said = await refusal(settings(username, { sasl: { mechanism, username, password: wrong } }));
      expect(said.code).toBe('wrong-credentials');
      expect(said.message).toContain(`${secure.brokers} refused the sign-in of user ${username} with ${mechanism}`);
    }
  });

  it('says which authority to give when the certificate is not trusted', async () => {
    for (const tls of [{}, { ca: await secure.strangeCa() }]) {
      const said = await refusal(settings('carol', { tls }));
      expect([said.code, said.retriable]).toEqual(['unreachable', false]);
      expect(said.message).toMatch(new RegExp(`certificate of Kafka broker ${secure.brokers} .*KAFKA_TLS_CA`));
    }
    const named = await refusal(settings('carol', { tls: { ca: secure.ca, serverName: 'kafka.example.com' } }));
    expect(named.message).toContain('KAFKA_TLS_SERVER_NAME');
  });

  it('says what is missing to whoever comes without TLS, or without a sign-in, or with TLS to a port without', async () => {
    const plain = await refusal({ brokers: [secure.brokers] });
    expect(plain.message).toMatch(new RegExp(`${secure.brokers}.*KAFKA_TLS`));
    const unsigned = await refusal({ brokers: [secure.brokers], tls: { ca: secure.ca } });
    expect(unsigned.message).toMatch(new RegExp(`${secure.brokers}.*KAFKA_SASL_MECHANISM`));
    const encrypted = await refusal({ brokers: [kafka.brokers], tls: { ca: secure.ca } });
    expect(encrypted.message).toMatch(new RegExp(`${kafka.brokers}.*speaks TLS`));
  });

  it('ends a server that cannot sign in with one sentence, which names broker, user and mechanism', async () => {
    const server = new ServerProcess(['--kafka', secure.brokers], {
      KAFKA_TLS_CA: secure.ca,
      KAFKA_SASL_MECHANISM: 'scram-sha-512',
      KAFKA_SASL_USERNAME: 'mill',
      KAFKA_SASL_PASSWORD: wrong,
    });
    await expect(server.start()).rejects.toThrow('the server ended');
    expect(server.errors.trim()).toBe(
      `Kafka broker ${secure.brokers} refused the sign-in of user mill with scram-sha-512. Check the user name, the password and the mechanism.`,
    );
    await server.remove();
  });

  describe('for a server with its workers', () => {
    let server: ServerProcess;
    let log: KafkaLog;
    let written = 0;
    /** What a server needs whatever it runs, and for each pipeline; docs/operations.md has the same lists. */
    const ofServer = ['CREATE', 'READ', 'WRITE']
      .map((operation) => `${operation} topic millrace-*`)
      .concat('WRITE transactional id millrace-*');
    const ofPipeline = (id: string): string[] => [
      `READ topic in-of-${id}`,
      `CREATE topic out-of-${id}`,
      `WRITE topic out-of-${id}`,
      `CREATE topic ${id}-*`,
      `READ topic ${id}-*`,
      `WRITE topic ${id}-*`,
      `ALTER topic ${id}-*`,
      `DELETE topic ${id}-*`,
      `READ group ${id}`,
      `WRITE transactional id ${id}-*`,
    ];

    async function startServer(): Promise<void> {
      const file = join(kafka.directory, 'kafka.env');
      const lines = [
        `KAFKA_TLS_CA="${secure.ca}"`,
        'KAFKA_SASL_MECHANISM=scram-sha-256',
        'KAFKA_SASL_USERNAME=mill',
        `KAFKA_SASL_PASSWORD=${password}`,
      ];
      writeFileSync(file, lines.join('\n'), { mode: 0o600 });
      server = new ServerProcess(['--kafka', secure.brokers, '--kafka-settings', file], {});
      await server.start();
    }

    beforeAll(async () => {
      await acls.grant('mill', ofServer);
      log = await KafkaLog.open({ brokers: [kafka.brokers] });
      await startServer();
    });
    afterAll(async () => {
      await server.remove();
      await log.close();
    });

    async function feed(id: string, count: number): Promise<void> {
      const records = Array.from({ length: count }, () => ({
        key: null,
        timestamp: Date.UTC(2001, 0, 1) + written++,
        value: '{"group":"all"}',
      }));
      await log.append([{ topic: `in-of-${id}`, partition: 0, batch: encodeBatch(records) }]);
    }

    async function create(id: string): Promise<void> {
      const cleanup = { policy: 'delete', retentionMs: null, retentionBytes: null } as const;
      const input: TopicSpec = { name: `in-of-${id}`, partitions: 2, role: 'external', owner: null, cleanup };
      await log.ensureTopics([input]);
      const { revision } = await server.api.pipelines.create.mutate({ id, name: 'Counts' });
      await server.api.pipelines.save.mutate({
        pipeline: countsPipeline(id, `in-of-${id}`, `out-of-${id}`),
        expectedRevision: revision,
      });
    }

    /** What the server knows of topics and rights is some seconds old. */
    const seen = (id: string): Promise<unknown> =>
      eventually(async () => (await server.api.topics.catalogue.query()).some(({ name }) => name === `in-of-${id}`));

    const counted = (id: string, count: number): Promise<unknown> =>
      server.frame(
        id,
        ({ deployment, nodes }) =>
          deployment?.state === 'running' && nodes.find(({ node }) => node === 'count')?.counters.in === count,
      );

    it('asks for no right but those that are listed, from deploying to deleting', async () => {
      // The right to add partitions is taken only when a topic that is read gets more.
      await acls.grant(
        'mill',
        ofPipeline('whole').filter((right) => !right.startsWith('ALTER')),
      );
      await create('whole');
      await feed('whole', 100);
      await seen('whole');
      await server.api.deployments.deploy.mutate({ pipelineId: 'whole' });
      await counted('whole', 100);
      await server.api.deployments.stop.mutate({ pipelineId: 'whole' });
      await server.api.deployments.reset.mutate({ pipelineId: 'whole' });
      await server.api.deployments.start.mutate({ pipelineId: 'whole' });
      await counted('whole', 100);
      await server.api.deployments.stop.mutate({ pipelineId: 'whole' });
      await server.api.pipelines.remove.mutate({ id: 'whole' });
      const left = (await log.topics()).filter(({ name }) => name.startsWith('whole-'));
      expect(left).toEqual([]);
    });

    it('says of each missing right what to grant, on the canvas or in the answer', async () => {
      for (const [index, missing] of ofPipeline('x').entries()) {
        const id = `lacks-${index}`;
        const withdrawn = missing.replace('x', id);
        const { operation, on, name } = right(withdrawn);
        // The first is not even seen, and the one to add partitions is taken only when a topic gets more.
        if (index === 0 || operation === 'ALTER') continue;
        await acls.grant(
          'mill',
          ofPipeline(id).filter((right) => right !== withdrawn),
        );
        await create(id);
        await feed(id, 10);
        await seen(id);
        const said = await complaint(id, operation === 'DELETE');
        // A topic that was just created is not seen without the right to write it.
        const wanted = missing.startsWith('WRITE topic out') ? 'DESCRIBE' : operation;
        expect(said).toMatch(
          new RegExp(`this user lacks a right; grant it ${wanted} on the ${on} ${name.replace('*', '')}`),
        );
        await server.api.deployments.stop.mutate({ pipelineId: id }).catch(() => undefined);
      }
    });

    it('says so when a right is withdrawn under a running pipeline, and goes on when it is back', async () => {
      const id = 'reads';
      await acls.grant('mill', ofPipeline(id));
      await create(id);
      await feed(id, 10);
      await seen(id);
      await server.api.deployments.deploy.mutate({ pipelineId: id });
      await counted(id, 10);
      await acls.withdraw('mill', [`READ topic in-of-${id}`]);
      const { deployment } = await server.frame(id, ({ deployment }) => /READ/.test(deployment?.reason ?? ''));
      expect(deployment?.reason).toMatch(
        /Could not read in-of-reads-\d at 127\.0\.0\.1:\d+: this user lacks a right; grant it READ on the topic in-of-reads/,
      );
      await feed(id, 10);
      await acls.grant('mill', [`READ topic in-of-${id}`]);
      await counted(id, 20);
      await server.frame(id, ({ deployment }) => deployment?.reason === null);
    });

    it('keeps the password to itself: not in arguments, not in what it writes, not in the log', async () => {
      const said = server.output + server.errors;
      expect(said).toContain('grant it');
      expect(said).not.toContain(password);
      for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
        const line = argumentsOf(pid);
        // The tool that made the users was told it, and has ended.
        expect(line.includes(password) ? line : '').toBe('');
      }
      for (const { name, startOffsets } of await log.topics()) {
        if (!name.startsWith('millrace-')) continue;
        for await (const { valuesText } of readToEnd(log, name, 0, startOffsets[0] ?? 0))
          expect(valuesText ?? '').not.toContain(password);
      }
    });

    /** What the answer to deploying it says, or the canvas then, or the answer to a reset. */
    async function complaint(id: string, resets: boolean): Promise<string> {
      const { deployments } = server.api;
      try {
        await deployments.deploy.mutate({ pipelineId: id });
        if (!resets) {
          const { deployment } = await server.frame(id, ({ deployment }) => deployment?.reason != null);
          return deployment?.reason ?? '';
        }
        await counted(id, 10);
        await deployments.stop.mutate({ pipelineId: id });
        await deployments.reset.mutate({ pipelineId: id });
        return '';
      } catch (error) {
        return (error as Error).message;
      }
    }
  });
});

function argumentsOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return ''; // It has ended meanwhile.
  }
}
