import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { isLoopback, readSettings } from './settings.ts';
import { SettingsError } from './settings-error.ts';
import { selfSigned } from './testing/self-signed.ts';

const directory = mkdtempSync(join(tmpdir(), 'millrace-settings-'));
afterAll(() => rmSync(directory, { recursive: true }));

function fileWith(text: string): string {
  const path = join(directory, 'kafka.env');
  writeFileSync(path, text);
  return path;
}

describe('readSettings', () => {
  it('has defaults for everything', () => {
    expect(readSettings([], {})).toEqual({
      dataDirectory: '.millrace',
      port: 4816,
      host: '127.0.0.1',
      examplesSpeed: 30,
      examples: true,
      kafka: null,
      workers: 1,
      workerListen: null,
    });
  });

  it('takes arguments before the environment', () => {
    const settings = readSettings(['--port', '4900', '--data=/d', '--no-examples'], {
      MILLRACE_PORT: '1',
      MILLRACE_EXAMPLES_SPEED: '7',
    });
    expect(settings).toMatchObject({ port: 4900, dataDirectory: '/d', examples: false, examplesSpeed: 7 });
  });

  it('refuses to listen to other machines, and says why', () => {
    for (const host of ['0.0.0.0', '::', '192.168.1.4', 'example.org', '127.0.0.1.example.org']) {
      expect(() => readSettings(['--host', host], {})).toThrow(/no sign-in and no TLS/);
    }
  });

  it('takes a Kafka cluster from arguments before a file before the environment', () => {
    const file = fileWith(
      'KAFKA_BROKERS=file:1\nKAFKA_SASL_MECHANISM=plain\nKAFKA_SASL_USERNAME=ann\nKAFKA_SASL_PASSWORD="pa ss"\n',
    );
    const environment = {
      KAFKA_BROKERS: 'environment:1',
      KAFKA_SASL_PASSWORD: 'other',
      KAFKA_CLIENT_ID: 'me',
      MILLRACE_STANDBYS: '1',
      HOME: '/home/ann',
    };
    const { kafka, workers } = readSettings(
      ['--kafka', 'one:1,two:2', '--kafka-settings', file, '--workers', '3'],
      environment,
    );
    expect(workers).toBe(3);
    expect(kafka?.settings).toMatchObject({
      brokers: ['one:1', 'two:2'],
      sasl: { mechanism: 'plain', username: 'ann', password: 'pa ss' },
      clientId: 'me',
    });
    expect(kafka?.environment).toEqual({
      KAFKA_BROKERS: 'one:1,two:2',
      KAFKA_SASL_MECHANISM: 'plain',
      KAFKA_SASL_USERNAME: 'ann',
      KAFKA_SASL_PASSWORD: 'pa ss',
      KAFKA_CLIENT_ID: 'me',
      MILLRACE_STANDBYS: '1',
    });
    expect(readSettings(['--kafka-settings', file], {}).kafka?.settings.brokers).toEqual(['file:1']);
  });

  it('takes a Kafka cluster from the environment alone when that says so', () => {
    const environment = { KAFKA_BROKERS: 'localhost:9092' };
    expect(readSettings([], environment).kafka).toBeNull();
    expect(readSettings([], { ...environment, MILLRACE_BACKEND: 'kafka' }).kafka?.settings.brokers).toEqual([
      'localhost:9092',
    ]);
    expect(() => readSettings([], { MILLRACE_BACKEND: 'kafka' })).toThrow(/Which Kafka/);
    expect(() => readSettings([], { MILLRACE_BACKEND: 'rabbit' })).toThrow(/embedded or kafka/);
  });

  it('refuses settings of Kafka that cannot be meant, and repeats no secret', () => {
    const refusal = (text: string): string => {
      try {
        readSettings(['--kafka', 'localhost:9092', '--kafka-settings', fileWith(text)], {});
      } catch (error) {
        return error instanceof SettingsError ? error.message : 'another error';
      }
      return 'none';
    };
    expect(refusal('KAFKA_SASL_PASWORD=secret')).toMatch(/no setting KAFKA_SASL_PASWORD/);
    expect(refusal('KAFKA_SASL_MECHANISM=secret\nKAFKA_SASL_PASSWORD=secret')).toMatch(/KAFKA_SASL_MECHANISM must be/);
    expect(refusal('KAFKA_SASL_PASSWORD=secret')).toMatch(/set KAFKA_SASL_MECHANISM/);
    for (const text of ['KAFKA_SASL_PASWORD=secret', 'KAFKA_SASL_PASSWORD=secret'])
      expect(refusal(text)).not.toContain('=secret');
    expect(() => readSettings(['--kafka', 'localhost'], {})).toThrow(/host:port/);
    expect(() => readSettings(['--kafka-settings', '/there/is/none'], {})).toThrow(/cannot be read \(ENOENT\)/);
    expect(() => readSettings(['--workers', '2'], {})).toThrow(/--kafka/);
    expect(() => readSettings(['--kafka', 'localhost:1', '--workers', '0'], {})).toThrow(/one worker/);
  });

  describe('of workers on other machines', () => {
    const kafka = ['--kafka', 'localhost:1'];
    const token = 'sixteen-letters!';
    const listening = (address: string, ...more: string[]) => [...kafka, '--worker-listen', address, ...more];

    it('take an address, a token from the environment, and no workers here where others may be all', () => {
      const settings = readSettings(listening('127.0.0.1:4820', '--workers', '0'), { MILLRACE_WORKER_TOKEN: token });
      expect(settings).toMatchObject({ workers: 0, workerListen: { host: '127.0.0.1', port: 4820, token, tls: null } });
      expect(readSettings(kafka, { MILLRACE_WORKER_TOKEN: token }).workerListen).toBeNull();
    });

    it('ask for a certificate with its key wherever other machines can reach the address', () => {
      const environment = { MILLRACE_WORKER_TOKEN: token };
      for (const address of ['0.0.0.0:4820', '[::]:4820', 'millrace.example.org:4820']) {
        expect(() => readSettings(listening(address), environment)).toThrow(/--worker-tls-cert FILE --worker-tls-key/);
      }
      const { certificateFile, keyFile, certificate } = selfSigned(directory, 'localhost');
      const tls = ['--worker-tls-cert', certificateFile, '--worker-tls-key', keyFile];
      expect(readSettings(listening('0.0.0.0:4820', ...tls), environment).workerListen?.tls).toMatchObject({
        certificate,
      });
      const other = selfSigned(directory, 'elsewhere');
      const crossed = ['--worker-tls-cert', certificateFile, '--worker-tls-key', other.keyFile];
      expect(() => readSettings(listening('0.0.0.0:4820', ...crossed), environment)).toThrow(
        /no certificate with its key/,
      );
      expect(() => readSettings(listening('0.0.0.0:4820', ...tls.slice(0, 2)), environment)).toThrow(/belong together/);
      expect(() => readSettings([...kafka, ...tls], environment)).toThrow(/belong to --worker-listen/);
      const missing = [...tls.slice(0, 3), '/there/is/none'];
      expect(() => readSettings(listening('0.0.0.0:4820', ...missing), environment)).toThrow(
        /cannot be read \(ENOENT\)/,
      );
    });

    it('are refused without a token of some length, without Kafka, and without an address that is one', () => {
      const listen = listening('127.0.0.1:4820');
      expect(() => readSettings(listen, {})).toThrow(/MILLRACE_WORKER_TOKEN to at least 16/);
      expect(() => readSettings(listen, { MILLRACE_WORKER_TOKEN: 'fifteen-letters' })).toThrow(/at least 16/);
      expect(() => readSettings(listen, { MILLRACE_WORKER_TOKEN: `${token} ${token}` })).toThrow(/no spaces/);
      const environment = { MILLRACE_WORKER_TOKEN: token };
      expect(() => readSettings(['--worker-listen', '127.0.0.1:1'], environment)).toThrow(/Add --kafka HOST:PORT/);
      for (const address of ['4820', '127.0.0.1', ':4820', '127.0.0.1:70000']) {
        expect(() => readSettings(listening(address), environment)).toThrow(/written as HOST:PORT/);
      }
    });
  });

  it('refuses what it does not know', () => {
    expect(() => readSettings(['--prot', '1'], {})).toThrow(SettingsError);
    expect(() => readSettings(['--port', 'x'], {})).toThrow(/whole number/);
    expect(() => readSettings(['--port', '70000'], {})).toThrow(/65535/);
    expect(() => readSettings(['--data'], {})).toThrow(/needs a value/);
  });
});

describe('isLoopback', () => {
  it('knows the addresses of this machine', () => {
    for (const host of ['127.0.0.1', '127.9.9.9', '::1', 'localhost']) expect(isLoopback(host)).toBe(true);
  });
});
