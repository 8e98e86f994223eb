import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './distribution.mjs';
import { KafkaProblem } from './kafka-problem.mjs';

// A broker that wants to know who asks: encrypted listeners, sign-in by PLAIN and SCRAM, and access control lists.
// All of it is for tests: the keys are made anew for each cluster and go with its directory.

const storePassword = 'only-for-tests';
/** Who may do everything, as cluster administrators may. */
const superUser = 'admin';

/** A key and a certificate that speaks for itself, for 127.0.0.1 and localhost; gives { keystore, ca }: the file, and the PEM text. */
export async function makeCertificate(directory, name) {
  const keystore = join(directory, `${name}.p12`);
  const pem = join(directory, `${name}.pem`);
  const store = ['-keystore', keystore, '-storepass', storePassword, '-storetype', 'PKCS12', '-alias', name];
  if (!existsSync(pem)) {
    await keytool([
      '-genkeypair',
      ...store,
      ...['-dname', `CN=${name}`, '-keyalg', 'EC', '-groupname', 'secp256r1', '-validity', '30'],
      ...['-ext', 'san=dns:localhost,ip:127.0.0.1'],
    ]);
    await keytool(['-exportcert', '-rfc', ...store, '-file', pem]);
  }
  return { keystore, ca: await readFile(pem, 'utf8') };
}

/**
 * What a broker's settings say so that it has two more listeners, SECURE (TLS and sign-in) and TLS alone. Who comes to the plain one, or
 * without a sign-in, may do everything: the brokers themselves do.
 */
export function securitySettings({ keystore, users }) {
  const plain = Object.entries({ [superUser]: storePassword, ...users })
    .map(([name, password]) => ` user_${name}="${password}"`)
    .join('');
  const scram = 'org.apache.kafka.common.security.scram.ScramLoginModule required;';
  const tls = (listener) => ({
    [`listener.name.${listener}.ssl.keystore.location`]: keystore,
    [`listener.name.${listener}.ssl.keystore.password`]: storePassword,
    [`listener.name.${listener}.ssl.keystore.type`]: 'PKCS12',
  });
  return {
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': `User:ANONYMOUS;User:${superUser}`,
    'allow.everyone.if.no.acl.found': false,
    'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    'listener.name.secure.plain.sasl.jaas.config': `org.apache.kafka.common.security.plain.PlainLoginModule required${plain};`,
    'listener.name.secure.scram-sha-256.sasl.jaas.config': scram,
    'listener.name.secure.scram-sha-512.sasl.jaas.config': scram,
    ...tls('secure'),
    ...tls('tls'),
  };
}

/** How Kafka's storage tool is told of users that sign in by SCRAM. */
export function scramArguments(users) {
  return Object.entries({ [superUser]: storePassword, ...users }).flatMap(([name, password]) =>
    ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
      '--add-scram',
      `${mechanism}=[name=${name},password=${password}]`,
    ]),
  );
}

/** The one who may do everything, to sign in with. */
export const administrator = { username: superUser, password: storePassword };

async function keytool(args) {
  const { code, output } = await run('keytool', args);
  if (code === 127) throw new KafkaProblem('keytool was not found. It comes with Java: put its folder on the PATH.');
  if (code !== 0) throw new KafkaProblem(`Java's keytool could not make a certificate:\n${output.trim()}`);
}
