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
}

/** The arguments do not make sense; the message says what to write instead. */
export class SettingsError extends Error {
  readonly code = 'settings';
}

const defaultPort = 4816;
const defaultExamplesSpeed = 30;

export const usage = `millrace server

  --data DIRECTORY        where topics, pipelines and state are kept (default .millrace)
  --port PORT             default ${defaultPort}; 0 takes a free one
  --host ADDRESS          a loopback address, default 127.0.0.1
  --examples-speed N      flights a second in the example topic (default ${defaultExamplesSpeed}; 0 does not play)
  --no-examples           neither fill nor play the example topics

The environment variables MILLRACE_DATA, MILLRACE_PORT, MILLRACE_HOST and MILLRACE_EXAMPLES_SPEED stand in for missing arguments.
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
  return {
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
]);

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
