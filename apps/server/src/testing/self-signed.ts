import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface SelfSigned {
  readonly certificateFile: string;
  readonly keyFile: string;
  readonly certificate: string;
  readonly key: string;
}

/** A certificate that nobody has signed but its own key, for this name alone. */
export function selfSigned(directory: string, name: string): SelfSigned {
  const certificateFile = join(directory, `${name}-cert.pem`);
  const keyFile = join(directory, `${name}-key.pem`);
  const kind = /^[\d.]+$/.test(name) ? 'IP' : 'DNS';
  execFileSync(
    'openssl',
    // biome-ignore format: an argument and its value a line
    [
      'req', '-x509', '-nodes', '-days', '2',
      '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1',
      '-subj', `/CN=${name}`, '-addext', `subjectAltName=${kind}:${name}`,
      '-keyout', keyFile, '-out', certificateFile,
    ],
    { stdio: 'ignore' },
  );
  return {
    certificateFile,
    keyFile,
    certificate: readFileSync(certificateFile, 'utf8'),
    key: readFileSync(keyFile, 'utf8'),
  };
}
