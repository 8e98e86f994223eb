import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { type KafkaSettings, kafkaSettingNames, kafkaSettingsFromEnvironment } from '@millrace/backend-kafka';
import { LogError } from '@millrace/engine';
import { type WorkerListen, workerListen } from './keepers/worker-listen.ts';
import { SettingsError } from './settings-error.ts';

/** A Kafka cluster in the place of the log on this machine. */
export interface KafkaChoice {
  readonly settings: KafkaSettings;
  /** The same as environment variables, and what else workers on Kafka are told so. It has secrets: it goes to workers and nowhere else. */
  readonly environment: { readonly [name: string]: string };
}

/** How a server is started: from arguments, then the environment, then defaults. */
export interface Settings {
  /** Where everything durable lives. */
  readonly dataDirectory: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** A loopback address; {@link readSettings} refuses others. */
  readonly host: string;
  /** Flights a second that the player appends; 0 fills the example topics without playing on. */
  readonly examplesSpeed: number;
  /** Whether the example topics are filled and played. */
  readonly examples: boolean;
  /** Null for the log on this machine. */
  readonly kafka: KafkaChoice | null;
  /** Worker processes of each deployment on this machine; more than one on Kafka only. */
  readonly workers: number;
  /** Where workers of other machines connect; null where they may not. */
  readonly workerListen: WorkerListen | null;
}

const defaultPort = 4816;
const defaultExamplesSpeed = 30;
const maxWorkers = 64;

export const usage = `millrace server

  --data DIRECTORY        where topics, pipelines and state are kept (default .millrace)
  --port PORT             default ${defaultPort}; 0 takes a free one
  --host ADDRESS          a loopback address, default 127.0.0.1
  --examples-speed N      flights a second in the example topic (default ${defaultExamplesSpeed}; 0 does not play)
  --no-examples           neither fill nor play the example topics

  --kafka HOST:PORT,…     keep topics and pipelines on this Kafka cluster
  --kafka-settings FILE   lines such as KAFKA_SASL_USERNAME=…; what is not in the file is taken from the environment
  --workers N             worker processes of each deployment on Kafka (default 1; 0 leaves them to other machines)
  --worker-listen HOST:PORT   take workers of other machines (npx millrace worker) with the token in MILLRACE_WORKER_TOKEN
  --worker-tls-cert FILE  the certificate for it, in PEM form, and
  --worker-tls-key FILE   its key; needed unless HOST is a loopback address

The environment variables MILLRACE_DATA, MILLRACE_PORT, MILLRACE_HOST, MILLRACE_EXAMPLES_SPEED, MILLRACE_WORKERS,
MILLRACE_WORKER_LISTEN, MILLRACE_WORKER_TLS_CERT and MILLRACE_WORKER_TLS_KEY stand in for missing arguments; MILLRACE_BACKEND=kafka with
KAFKA_BROKERS does so for --kafka. TLS and sign-in to Kafka: docs/operations.md.
`;

/**
 * @param args the arguments after the program's name
 * @throws SettingsError
 */
export function readSettings(
  args: readonly string[],
  environment: { readonly [name: string]: string | undefined },
): Settings {
  const given = new Map<string, string>();
  let examples = true;
  for (let index = 0; index < args.length; index++) {
    const [name = '', inline] = splitOnce(args[index] ?? '', '=');
    if (name === '--no-examples') {
      examples = false;
      continue;
    }
    if (!valueNames.has(name)) throw new SettingsError(`There is no argument ${name}.\n\n${usage}`);
    const value = inline ?? args[++index];
    if (value === undefined || value === '')
      throw new SettingsError(`${name} needs a value, as in ${name} ${valueNames.get(name)}.`);
    given.set(name, value);
  }
  const host = given.get('--host') ?? environment.MILLRACE_HOST ?? '127.0.0.1';
  if (!isLoopback(host)) {
    throw new SettingsError(
      `--host ${host} would open Millrace to other machines, and it has no sign-in and no TLS yet. ` +
        'Use 127.0.0.1, ::1 or localhost; from elsewhere, reach it through an SSH tunnel.',
    );
  }
  const kafka = kafkaChoice(given, environment);
  const workers = wholeNumber('--workers', given.get('--workers') ?? environment.MILLRACE_WORKERS, 1, maxWorkers);
  const listen = workerListen(
    {
      address: given.get('--worker-listen') ?? environment.MILLRACE_WORKER_LISTEN,
      certificateFile: given.get('--worker-tls-cert') ?? environment.MILLRACE_WORKER_TLS_CERT,
      keyFile: given.get('--worker-tls-key') ?? environment.MILLRACE_WORKER_TLS_KEY,
      token: environment.MILLRACE_WORKER_TOKEN,
    },
    isLoopback,
  );
  if (listen !== null && kafka === null) {
    throw new SettingsError(
      '--worker-listen: workers of other machines share tasks over Kafka, and this server keeps its log on this machine. Add --kafka HOST:PORT.',
    );
  }
  if (workers === 0 && listen === null) {
    throw new SettingsError(
      '--workers 0: a deployment needs one worker at least. With --kafka and --worker-listen HOST:PORT, workers of other machines can be all.',
    );
  }
  if (workers > 1 && kafka === null) {
    throw new SettingsError(
      `--workers ${workers}: without Kafka a deployment has one worker. Add --kafka HOST:PORT, or leave --workers out.`,
    );
  }
  return {
    kafka,
    workers,
    workerListen: listen,
    dataDirectory: given.get('--data') ?? environment.MILLRACE_DATA ?? '.millrace',
    port: wholeNumber('--port', given.get('--port') ?? environment.MILLRACE_PORT, defaultPort, 65_535),
    host,
    examplesSpeed: wholeNumber(
      '--examples-speed',
      given.get('--examples-speed') ?? environment.MILLRACE_EXAMPLES_SPEED,
      defaultExamplesSpeed,
      20_000,
    ),
    examples,
  };
}

/** Arguments that take a value, each with an example of one. */
const valueNames: ReadonlyMap<string, string> = new Map([
  ['--data', '.millrace'],
  ['--port', '4817'],
  ['--host', '127.0.0.1'],
  ['--examples-speed', '30'],
  ['--kafka', 'localhost:9092'],
  ['--kafka-settings', 'kafka.env'],
  ['--workers', '3'],
  ['--worker-listen', '0.0.0.0:4820'],
  ['--worker-tls-cert', 'worker-cert.pem'],
  ['--worker-tls-key', 'worker-key.pem'],
]);

/** What else servers and workers on Kafka take from the environment; see docs/operations.md. */
const workerNames = [
  'MILLRACE_NAME',
  'MILLRACE_WORKER_NAME',
  'MILLRACE_STANDBYS',
  'MILLRACE_SESSION_TIMEOUT_MS',
] as const;
/** Null for the embedded log. No message repeats a value of the file or the environment, except what is no secret by its name. */
function kafkaChoice(
  given: ReadonlyMap<string, string>,
  environment: { readonly [name: string]: string | undefined },
): KafkaChoice | null {
  const backend = environment.MILLRACE_BACKEND ?? 'embedded';
  if (backend !== 'embedded' && backend !== 'kafka') {
    throw new SettingsError('MILLRACE_BACKEND must be embedded or kafka.');
  }
  const file = given.get('--kafka-settings');
  if (!given.has('--kafka') && file === undefined && backend === 'embedded') return null;
  const brokers = given.get('--kafka');
  const all: { readonly [name: string]: string | undefined } = {
    ...environment,
    ...(file === undefined ? {} : kafkaSettingsFile(file)),
    ...(brokers === undefined ? {} : { KAFKA_BROKERS: brokers }),
  };
  const settings = settingsOf(all);
  if (settings === null) {
    throw new SettingsError(
      'Which Kafka? Give --kafka HOST:PORT, or set KAFKA_BROKERS, in the settings file or outside.',
    );
  }
  if (all.MILLRACE_NAME !== undefined && !/^[A-Za-z0-9._-]{0,100}$/.test(all.MILLRACE_NAME.trim())) {
    throw new SettingsError('MILLRACE_NAME must be 1 to 100 letters, digits, dots, hyphens and underscores.');
  }
  const chosen = [...kafkaSettingNames, ...workerNames].flatMap((name) => {
    const value = all[name];
    return value === undefined || value.trim() === '' ? [] : [[name, value] as const];
  });
  return { settings, environment: Object.fromEntries(chosen) };
}

function settingsOf(all: { readonly [name: string]: string | undefined }): KafkaSettings | null {
  try {
    return kafkaSettingsFromEnvironment(all);
  } catch (error) {
    if (error instanceof LogError) throw new SettingsError(error.message);
    throw error;
  }
}

function kafkaSettingsFile(path: string): { readonly [name: string]: string | undefined } {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : 'it cannot be read';
    throw new SettingsError(`--kafka-settings ${path}: the file cannot be read (${why}).`);
  }
  const values = parseEnv(text);
  const known: readonly string[] = [...kafkaSettingNames, ...workerNames];
  const unknown = Object.keys(values).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new SettingsError(`--kafka-settings ${path}: there is no setting ${unknown}. There are ${known.join(', ')}.`);
  }
  return values;
}

/** Whether only this machine can reach the address. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}

function wholeNumber(name: string, text: string | undefined, fallback: number, max: number): number {
  if (text === undefined) return fallback;
  const number = Number(text);
  if (!/^\d+$/.test(text) || number > max)
    throw new SettingsError(`${name} ${text}: expected a whole number from 0 to ${max}.`);
  return number;
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
