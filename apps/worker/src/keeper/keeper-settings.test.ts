import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { KeeperSettingsError, readKeeperSettings } from './keeper-settings.ts';

const directory = mkdtempSync(join(tmpdir(), 'millrace-keeper-settings-'));
afterAll(() => rmSync(directory, { recursive: true }));

const environment = { MILLRACE_WORKER_TOKEN: 'sixteen-letters!', KAFKA_BROKERS: 'outside:1' };
const server = ['--server', 'wss://millrace.example.org:4820'];

describe('what a keeper is started with', () => {
  it('has defaults, and a name that is the same after each start', () => {
    const settings = readKeeperSettings([...server, '--data', directory], environment);
    expect(settings).toMatchObject({ isOfServer: false, workers: 1, name: hostname(), fingerprint: null });
    expect(settings.address()).toMatchObject({ url: { host: 'millrace.example.org:4820' }, ca: undefined });
    const again = readKeeperSettings([...server, '--data', directory], environment);
    const elsewhere = readKeeperSettings([...server, '--data', join(directory, 'other')], environment);
    expect(again.keeperId).toBe(settings.keeperId);
    expect(elsewhere.keeperId).not.toBe(settings.keeperId);
  });

  it('gives workers the settings of Kafka, a file before the environment, and neither the token nor anything else', () => {
    const file = join(directory, 'kafka.env');
    writeFileSync(file, 'KAFKA_BROKERS=file:1\nMILLRACE_STANDBYS=1\nMILLRACE_NAME=main\nMILLRACE_WORKER_NAME=east\n');
    const settings = readKeeperSettings([...server, '--kafka-settings', file], { ...environment, HOME: '/home/ann' });
    expect(settings).toMatchObject({ keeperId: 'east', name: 'east' });
    expect(settings.environment).toEqual({
      KAFKA_BROKERS: 'file:1',
      MILLRACE_STANDBYS: '1',
      MILLRACE_NAME: 'main',
      MILLRACE_WORKER_NAME: 'east',
    });
  });

  it('is refused in words when it cannot be meant, and no secret is repeated', () => {
    const refusal = (args: readonly string[], more: Record<string, string> = {}): string => {
      try {
        readKeeperSettings(args, { ...environment, ...more });
      } catch (error) {
        return error instanceof KeeperSettingsError ? error.message : 'another error';
      }
      return 'none';
    };
    expect(refusal([])).toMatch(/--server wss:\/\/HOST:PORT/);
    for (const url of ['millrace.example.org', 'https://millrace.example.org', 'wss://ann:secret@here', 'wss://h/x']) {
      expect(refusal(['--server', url])).toMatch(/wss:\/\/HOST:PORT/);
      expect(refusal(['--server', url])).not.toContain('secret');
    }
    expect(refusal(['--server', 'ws://10.0.0.1:1'])).toMatch(/unencrypted/);
    expect(refusal(server, { MILLRACE_WORKER_TOKEN: '' })).toMatch(/Set MILLRACE_WORKER_TOKEN/);
    expect(refusal([...server, '--workers', '0'])).toMatch(/whole number from 1 to 64/);
    expect(refusal([...server, '--ca', '/there/is/none'])).toMatch(/--ca .*ENOENT/);
    expect(refusal(server, { KAFKA_BROKERS: '' })).toMatch(/Which Kafka/);
    expect(refusal(server, { KAFKA_SASL_PASSWORD: 'secret' })).toMatch(/KAFKA_SASL_MECHANISM/);
    expect(refusal(server, { KAFKA_SASL_PASSWORD: 'secret' })).not.toContain('secret');
    const file = join(directory, 'typo.env');
    writeFileSync(file, 'KAFKA_SASL_PASWORD=secret\n');
    expect(refusal([...server, '--kafka-settings', file])).toMatch(/no setting KAFKA_SASL_PASWORD\. There are/);
  });

  it('is found beside a server when that has written it, and only then', () => {
    const { address, keeperId, fingerprint } = readKeeperSettings(['--of-server', directory, '--workers', '3'], {
      MILLRACE_WORKER_NAME: 'millrace-1',
      MILLRACE_KEEPER_FINGERPRINT: 'print',
    });
    expect([keeperId, fingerprint, address()]).toEqual(['millrace-1', 'print', null]);
  });
});
