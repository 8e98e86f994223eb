import { LogError } from '@millrace/engine';
import { describe, expect, it } from 'vitest';
import { brokerAddress, kafkaSettingsFromEnvironment } from './kafka-settings.ts';

const pem = '-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----';

function refusal(environment: Record<string, string>): LogError {
  try {
    kafkaSettingsFromEnvironment({ KAFKA_BROKERS: 'localhost:9092', ...environment });
  } catch (error) {
    return error as LogError;
  }
  throw new Error('It was not refused.');
}

describe('settings from the environment', () => {
  it('are none without brokers', () => {
    expect(kafkaSettingsFromEnvironment({})).toBe(null);
    expect(kafkaSettingsFromEnvironment({ KAFKA_BROKERS: ' ' })).toBe(null);
  });

  it('take brokers, TLS and a sign-in', () => {
    expect(
      kafkaSettingsFromEnvironment({
        KAFKA_BROKERS: 'one:9092, [::1]:9093',
        KAFKA_TLS_CA: pem,
        KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512',
        KAFKA_SASL_USERNAME: 'me',
        KAFKA_SASL_PASSWORD: ' secret ',
        KAFKA_REPLICATION_FACTOR: '3',
        KAFKA_COMPRESSION: 'lz4',
      }),
    ).toMatchObject({
      brokers: ['one:9092', '[::1]:9093'],
      tls: { ca: pem },
      sasl: { mechanism: 'scram-sha-512', username: 'me', password: ' secret ' },
      replicationFactor: 3,
      compression: 'lz4',
    });
    expect(kafkaSettingsFromEnvironment({ KAFKA_BROKERS: 'one:1', KAFKA_TLS: 'true' })?.tls).toMatchObject({});
    expect(kafkaSettingsFromEnvironment({ KAFKA_BROKERS: 'one:1', KAFKA_TLS: 'false', KAFKA_TLS_CA: 'x' })?.tls).toBe(
      null,
    );
  });

  it('are refused by name, without the password', () => {
    for (const [environment, name] of [
      [{ KAFKA_BROKERS: 'localhost' }, 'localhost'],
      [{ KAFKA_BROKERS: 'http://localhost:9092' }, 'http'],
      [{ KAFKA_BROKERS: 'localhost:0' }, 'localhost:0'],
      [{ KAFKA_BROKERS: 'user:secret@localhost:9092' }, 'host:port'],
      [{ KAFKA_TLS: 'maybe' }, 'KAFKA_TLS'],
      [{ KAFKA_TLS_KEY: 'secret' }, 'KAFKA_TLS_CERTIFICATE'],
      [{ KAFKA_TLS_CA: '/etc/kafka/ca.pem' }, 'KAFKA_TLS_CA'],
      [{ KAFKA_TLS_CERTIFICATE: pem, KAFKA_TLS_KEY: 'secret' }, 'KAFKA_TLS_KEY'],
      [{ KAFKA_SASL_MECHANISM: 'gssapi' }, 'KAFKA_SASL_MECHANISM'],
      [{ KAFKA_SASL_PASSWORD: 'secret' }, 'KAFKA_SASL_USERNAME'],
      [{ KAFKA_REPLICATION_FACTOR: '0' }, 'KAFKA_REPLICATION_FACTOR'],
      [{ KAFKA_COMPRESSION: 'zip' }, 'KAFKA_COMPRESSION'],
    ] as const) {
      const { code, message } = refusal(environment);
      expect([code, message.includes(name)]).toEqual(['unsupported', true]);
      if (!('KAFKA_BROKERS' in environment)) expect(message).not.toContain('secret');
    }
    expect(refusal({ KAFKA_TLS: 'maybe' })).toBeInstanceOf(LogError);
  });

  it('know a host from its port', () => {
    expect(brokerAddress('[2001:db8::1]:9092')).toEqual({ host: '2001:db8::1', port: 9092 });
    expect(brokerAddress('kafka.example.com:65535')).toEqual({ host: 'kafka.example.com', port: 65_535 });
  });
});
