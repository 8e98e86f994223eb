import { LogError } from '@millrace/engine';

export type SaslMechanism = 'plain' | 'scram-sha-256' | 'scram-sha-512';

export interface SaslSettings {
  readonly mechanism: SaslMechanism;
  readonly username: string;
  readonly password: string;
}

/** Certificates and keys are PEM texts. Left out: the authorities that Node.js trusts, and no client certificate. */
export interface TlsSettings {
  readonly ca?: string | undefined;
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
  /** The name that the broker's certificate must bear, where it is not the host's. */
  readonly serverName?: string | undefined;
}

export type Compression = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';

/** How to reach a Kafka cluster. */
export interface KafkaSettings {
  /** `host:port` of some brokers; the others are found through them. */
  readonly brokers: readonly string[];
  /** null: connections are not encrypted. */
  readonly tls?: TlsSettings | null | undefined;
  readonly sasl?: SaslSettings | null | undefined;
  /** The name under which brokers log what we ask. */
  readonly clientId?: string | undefined;
  /** Copies of each topic that we create; -1 leaves it to the brokers (default.replication.factor). */
  readonly replicationFactor?: number | undefined;
  /** Of what we write. */
  readonly compression?: Compression | undefined;
}

const mechanisms: readonly SaslMechanism[] = ['plain', 'scram-sha-256', 'scram-sha-512'];
const compressions: readonly Compression[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];

/** The environment variables that say how to reach a cluster. */
export const kafkaSettingNames = [
  'KAFKA_BROKERS',
  'KAFKA_TLS',
  'KAFKA_TLS_CA',
  'KAFKA_TLS_CERTIFICATE',
  'KAFKA_TLS_KEY',
  'KAFKA_TLS_SERVER_NAME',
  'KAFKA_SASL_MECHANISM',
  'KAFKA_SASL_USERNAME',
  'KAFKA_SASL_PASSWORD',
  'KAFKA_CLIENT_ID',
  'KAFKA_REPLICATION_FACTOR',
  'KAFKA_COMPRESSION',
] as const;

/**
 * The settings that the environment gives; null without KAFKA_BROKERS.
 *
 *     KAFKA_BROKERS              host:port, …
 *     KAFKA_TLS                  true for encrypted connections
 *     KAFKA_TLS_CA, KAFKA_TLS_CERTIFICATE, KAFKA_TLS_KEY      PEM texts; each of them switches TLS on
 *     KAFKA_TLS_SERVER_NAME
 *     KAFKA_SASL_MECHANISM       plain, scram-sha-256 or scram-sha-512
 *     KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD
 *     KAFKA_CLIENT_ID, KAFKA_REPLICATION_FACTOR, KAFKA_COMPRESSION
 *
 * @throws LogError `unsupported` when a value cannot be used; no message repeats a password
 */
export function kafkaSettingsFromEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): KafkaSettings | null {
  const text = (name: string): string | undefined => {
    const value = environment[name]?.trim();
    return value === undefined || value === '' ? undefined : value;
  };
  const list = text('KAFKA_BROKERS');
  if (list === undefined) return null;
  return {
    brokers: kafkaBrokers(list),
    tls: tlsOf(text),
    sasl: saslOf(text, environment.KAFKA_SASL_PASSWORD),
    clientId: text('KAFKA_CLIENT_ID'),
    replicationFactor: replicationFactorOf(text('KAFKA_REPLICATION_FACTOR')),
    compression: oneOf('KAFKA_COMPRESSION', text('KAFKA_COMPRESSION'), compressions),
  };
}

/** `host:port, …` as a list. @throws LogError `unsupported` for anything else. */
export function kafkaBrokers(list: string): readonly string[] {
  const brokers = list
    .split(',')
    .map((broker) => broker.trim())
    .filter((broker) => broker !== '');
  for (const broker of brokers) brokerAddress(broker);
  if (brokers.length === 0) throw unusable('The list of Kafka brokers is empty. Give it as host:port, host:port.');
  return brokers;
}

/** Also for `[::1]:9092`. @throws LogError `unsupported` unless it is a host and a port. */
export function brokerAddress(broker: string): { readonly host: string; readonly port: number } {
  const parts = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:/@]+)):(\d{1,5})$/.exec(broker);
  const port = Number(parts?.[3]);
  if (parts === null || port < 1 || port > 65_535) {
    throw unusable(
      `The Kafka broker ${JSON.stringify(broker.slice(0, 100))} is not host:port, such as localhost:9092.`,
    );
  }
  return { host: parts[1] ?? parts[2] ?? '', port };
}

type ReadText = (name: string) => string | undefined;

function tlsOf(text: ReadText): TlsSettings | null {
  const ca = text('KAFKA_TLS_CA');
  const certificate = text('KAFKA_TLS_CERTIFICATE');
  const key = text('KAFKA_TLS_KEY');
  const serverName = text('KAFKA_TLS_SERVER_NAME');
  const wanted = oneOf('KAFKA_TLS', text('KAFKA_TLS')?.toLowerCase(), ['true', 'false', '1', '0']);
  if (wanted === 'false' || wanted === '0') return null;
  if (wanted === undefined && (ca ?? certificate ?? key ?? serverName) === undefined) return null;
  if ((certificate === undefined) !== (key === undefined)) {
    throw unusable('KAFKA_TLS_CERTIFICATE and KAFKA_TLS_KEY belong together; set both or neither.');
  }
  assertPem('KAFKA_TLS_CA', ca, 'CERTIFICATE');
  assertPem('KAFKA_TLS_CERTIFICATE', certificate, 'CERTIFICATE');
  assertPem('KAFKA_TLS_KEY', key, 'PRIVATE KEY');
  return { ca, certificate, key, serverName };
}

/** What is no PEM text is passed over in silence by TLS, and all trust with it. */
function assertPem(variable: string, text: string | undefined, what: string): void {
  if (text === undefined || (text.includes('-----BEGIN ') && text.includes(`${what}-----`))) return;
  throw unusable(
    `${variable} must be PEM text, which begins with -----BEGIN. To give a file, put its text there: ${variable}="$(cat FILE)".`,
  );
}

function saslOf(text: ReadText, password: string | undefined): SaslSettings | null {
  const mechanism = oneOf('KAFKA_SASL_MECHANISM', text('KAFKA_SASL_MECHANISM')?.toLowerCase(), mechanisms);
  const username = text('KAFKA_SASL_USERNAME');
  if (mechanism === undefined && username === undefined && password === undefined) return null;
  if (mechanism === undefined || username === undefined || password === undefined || password === '') {
    throw unusable('To sign in to Kafka, set KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD.');
  }
  return { mechanism, username, password };
}

function replicationFactorOf(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const factor = Number(value);
  if (!Number.isInteger(factor) || (factor < 1 && factor !== -1) || factor > 32_767) {
    throw unusable('KAFKA_REPLICATION_FACTOR must be a whole number from 1, or -1 for what the brokers have set.');
  }
  return factor;
}

function oneOf<Name extends string>(
  variable: string,
  value: string | undefined,
  names: readonly Name[],
): Name | undefined {
  if (value === undefined) return undefined;
  const found = names.find((name) => name === value);
  if (found === undefined) throw unusable(`${variable} must be one of ${names.join(', ')}.`);
  return found;
}

function unusable(message: string): LogError {
  return new LogError('unsupported', message);
}
