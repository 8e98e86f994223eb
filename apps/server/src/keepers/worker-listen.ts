import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { SettingsError } from '../settings-error.ts';

/** Where workers of other machines may connect, and what they must know. */
export interface WorkerListen {
  readonly host: string;
  readonly port: number;
  /** It is a secret, and must not be shown anywhere. */
  readonly token: string;
  /** PEM texts; null on a loopback address only. */
  readonly tls: { readonly certificate: string; readonly key: string } | null;
}

/** What was given for it, as text. */
export interface WorkerListenTexts {
  readonly address: string | undefined;
  readonly certificateFile: string | undefined;
  readonly keyFile: string | undefined;
  readonly token: string | undefined;
}

const leastTokenLength = 16;

/** @returns null where no other machine may send workers. @throws SettingsError */
export function workerListen(
  { address, certificateFile, keyFile, token }: WorkerListenTexts,
  isLoopback: (host: string) => boolean,
): WorkerListen | null {
  if (address === undefined) {
    if (certificateFile === undefined && keyFile === undefined) return null;
    throw new SettingsError('--worker-tls-cert and --worker-tls-key belong to --worker-listen HOST:PORT. Add it.');
  }
  const { host, port } = hostAndPort(address);
  if ((certificateFile === undefined) !== (keyFile === undefined)) {
    throw new SettingsError('--worker-tls-cert and --worker-tls-key belong together: give both files.');
  }
  if (certificateFile === undefined && !isLoopback(host)) {
    throw new SettingsError(
      `--worker-listen ${address} would take the worker token and figures unencrypted from other machines. ` +
        'Give a certificate: --worker-tls-cert FILE --worker-tls-key FILE. Without one, listen on 127.0.0.1 only.',
    );
  }
  if (token === undefined || token.length < leastTokenLength) {
    throw new SettingsError(
      `--worker-listen needs a worker token: set the environment variable MILLRACE_WORKER_TOKEN to at least ${leastTokenLength} random characters, ` +
        'here and for each worker. One way to make one: node -p "crypto.randomBytes(24).toString(\'base64url\')"',
    );
  }
  if (!/^[\x21-\x7e]{1,1000}$/.test(token)) {
    throw new SettingsError('MILLRACE_WORKER_TOKEN may have letters, digits and signs, at most 1000, and no spaces.');
  }
  const tls = certificateFile === undefined || keyFile === undefined ? null : keyPair(certificateFile, keyFile);
  return { host, port, token, tls };
}

function hostAndPort(address: string): { readonly host: string; readonly port: number } {
  const parts = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:/@]+)):(\d{1,5})$/.exec(address);
  const port = Number(parts?.[3]);
  if (parts === null || port > 65_535) {
    throw new SettingsError('--worker-listen is written as HOST:PORT, such as 0.0.0.0:4820.');
  }
  return { host: parts[1] ?? parts[2] ?? '', port };
}

/** Files that do not fit are told now, and not to the first worker. */
function keyPair(certificateFile: string, keyFile: string): { readonly certificate: string; readonly key: string } {
  const certificate = fileText('--worker-tls-cert', certificateFile);
  const key = fileText('--worker-tls-key', keyFile);
  try {
    createSecureContext({ cert: certificate, key });
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : 'they cannot be read';
    throw new SettingsError(
      `--worker-tls-cert ${certificateFile} and --worker-tls-key ${keyFile} are no certificate with its key, both in PEM form without a passphrase (${why}).`,
    );
  }
  return { certificate, key };
}

function fileText(argument: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : 'it cannot be read';
    throw new SettingsError(`${argument} ${path}: the file cannot be read (${why}).`);
  }
}
