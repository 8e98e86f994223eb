import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs, parseEnv } from 'node:util';
import { kafkaSettingNames, kafkaSettingsFromEnvironment } from '@millrace/backend-kafka';
import { LogError } from '@millrace/engine';
import { z } from 'zod';
import type { ServerAddress } from './server-connection.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** How a keeper is started. */
export interface KeeperSettings {
  /** Whether it belongs to the server of this machine, and ends with it when that is stopped. */
  readonly isOfServer: boolean;
  readonly dataDirectory: string;
  readonly workers: number;
  readonly keeperId: string;
  readonly name: string;
  /** What a server of this machine started it with. */
  readonly fingerprint: string | null;
  /** Kafka's settings and what else workers are told; it has secrets. */
  readonly environment: { readonly [name: string]: string };
  /** Looked up for every attempt to connect. */
  readonly address: () => ServerAddress | null;
}

/** What was given cannot be used; the message says what to write instead. */
export class KeeperSettingsError extends Error {}

/** The same as a server's file may have, so that one file serves both; a name of the installation is the server's alone. */
const workerSettingNames = [
  'MILLRACE_NAME',
  'MILLRACE_WORKER_NAME',
  'MILLRACE_STANDBYS',
  'MILLRACE_SESSION_TIMEOUT_MS',
] as const;
const settingNames: readonly string[] = [...kafkaSettingNames, ...workerSettingNames];
const maxWorkers = 64;
const leastTokenLength = 16;

/**
 * @param args the arguments after the program's name: `--server URL …` on a machine of its own, `--of-server DIRECTORY` beside a server
 * @throws KeeperSettingsError
 */
export function readKeeperSettings(args: readonly string[], environment: Environment): KeeperSettings {
  const given = parsedArgs(args);
  const ofServer = given['of-server'];
  if (ofServer !== undefined) return settingsBesideServer(resolve(ofServer), given.workers, environment);
  const url = serverUrl(given.server);
  const token = environment.MILLRACE_WORKER_TOKEN ?? '';
  if (token.length < leastTokenLength) {
    throw new KeeperSettingsError(
      token === ''
        ? "Set MILLRACE_WORKER_TOKEN to the server's worker token: the same value that the server is started with."
        : `MILLRACE_WORKER_TOKEN is too short: it has at least ${leastTokenLength} characters, the same as where the server is started.`,
    );
  }
  const ca = given.ca === undefined ? undefined : fileText('--ca', given.ca);
  const dataDirectory = resolve(given.data ?? '.millrace-worker');
  const kafka = kafkaEnvironment(given['kafka-settings'], environment);
  const place = createHash('sha256').update(`${hostname()}\0${dataDirectory}`).digest('hex').slice(0, 8);
  const givenName = kafka.MILLRACE_WORKER_NAME;
  return {
    isOfServer: false,
    dataDirectory,
    workers: workerCount(given.workers),
    keeperId: givenName ?? `${hostname()}-${place}`,
    name: givenName ?? hostname(),
    fingerprint: null,
    environment: kafka,
    address: () => ({ url, token, ca }),
  };
}

/** What a server says of itself to the keeper beside it, in a file that only their user can read. */
const linkSchema = z.object({ url: z.string(), token: z.string() });

function settingsBesideServer(
  dataDirectory: string,
  workers: string | undefined,
  environment: Environment,
): KeeperSettings {
  const file = join(dataDirectory, 'keeper', 'link.json');
  const name = environment.MILLRACE_WORKER_NAME ?? hostname();
  return {
    isOfServer: true,
    dataDirectory,
    workers: workerCount(workers),
    keeperId: name,
    name,
    fingerprint: environment.MILLRACE_KEEPER_FINGERPRINT ?? null,
    environment: namedSettings(environment),
    address: () => {
      try {
        const { url, token } = linkSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
        return { url: new URL(url), token };
      } catch {
        return null; // No server has written it, or not all of it yet.
      }
    },
  };
}

function parsedArgs(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        server: { type: 'string' },
        ca: { type: 'string' },
        data: { type: 'string' },
        'kafka-settings': { type: 'string' },
        workers: { type: 'string' },
        'of-server': { type: 'string' },
      },
    }).values;
  } catch (error) {
    throw new KeeperSettingsError(error instanceof Error ? error.message : String(error));
  }
}

function serverUrl(text: string | undefined): URL {
  if (text === undefined) throw new KeeperSettingsError('Which server? Give --server wss://HOST:PORT.');
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new KeeperSettingsError(`--server ${text} is no address. Write it as wss://HOST:PORT.`);
  }
  const isBare = url.username === '' && url.password === '' && url.pathname.length <= 1 && url.search === '';
  if ((url.protocol !== 'wss:' && url.protocol !== 'ws:') || !isBare) {
    throw new KeeperSettingsError('--server is written as wss://HOST:PORT, with nothing behind the port.');
  }
  if (url.protocol === 'ws:' && !isLoopback(url.hostname)) {
    throw new KeeperSettingsError(
      `--server ${text} would send the token unencrypted. Use wss://; ws:// is for a server on this machine only.`,
    );
  }
  return url;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}

function workerCount(text: string | undefined): number {
  const workers = Number(text ?? '1');
  if (Number.isInteger(workers) && workers >= 1 && workers <= maxWorkers) return workers;
  throw new KeeperSettingsError(`--workers must be a whole number from 1 to ${maxWorkers}.`);
}

/** What the file says goes before the environment. No message repeats a value. */
function kafkaEnvironment(file: string | undefined, environment: Environment): { readonly [name: string]: string } {
  const values = file === undefined ? {} : parseEnv(fileText('--kafka-settings', file));
  const unknown = Object.keys(values).find((name) => !settingNames.includes(name));
  if (unknown !== undefined) {
    throw new KeeperSettingsError(
      `--kafka-settings ${file}: there is no setting ${unknown}. There are ${settingNames.join(', ')}.`,
    );
  }
  const chosen = namedSettings({ ...environment, ...values });
  try {
    if (kafkaSettingsFromEnvironment(chosen) !== null) return chosen;
  } catch (error) {
    if (error instanceof LogError) throw new KeeperSettingsError(error.message);
    throw error;
  }
  throw new KeeperSettingsError(
    'Which Kafka? Set KAFKA_BROKERS to the host:port of some brokers, as they are reached from this machine, in the environment or in the file of --kafka-settings.',
  );
}

function namedSettings(values: Environment): { readonly [name: string]: string } {
  return Object.fromEntries(
    settingNames.flatMap((name) => {
      const value = values[name];
      return value === undefined || value.trim() === '' ? [] : [[name, value] as const];
    }),
  );
}

function fileText(argument: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : 'it cannot be read';
    throw new KeeperSettingsError(`${argument} ${path}: the file cannot be read (${why}).`);
  }
}
