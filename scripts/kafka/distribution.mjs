import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { KafkaProblem } from './kafka-problem.mjs';

// Apache Kafka as Maven knows it: the jars stay in Maven's own cache, ours only remembers which they are.

/** The version that is started when none is named. */
export const defaultVersion = '4.1.1';

const dependencyPlugin = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1';

/** Where what was found out about a version is kept, outside of the repository. */
export function cacheDirectory(version) {
  const base = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return join(base, 'millrace', 'kafka', version);
}

/** Whether both programs that a broker needs are here: { java, maven }, each true or false. */
export async function installedTools() {
  const [java, maven] = await Promise.all([answers('java', ['-version']), answers(mavenCommand(), ['-v'])]);
  return { java, maven };
}

/**
 * The class path of a version of Kafka, resolved by Maven at the first call and remembered.
 * `announce` is told when that takes a download.
 */
export async function resolveDistribution(version = defaultVersion, announce = () => undefined) {
  if (!/^\d+\.\d+\.\d+$/.test(version))
    throw new KafkaProblem(`“${version}” is no version of Kafka. Versions look like ${defaultVersion} or 3.9.1.`);
  const directory = cacheDirectory(version);
  const remembered = join(directory, 'classpath.txt');
  const known = await readClassPath(remembered);
  if (known !== null) return { version, directory, classPath: known };

  const { java, maven } = await installedTools();
  if (!java)
    throw new KafkaProblem('Java was not found. Kafka needs Java 17 or newer: install it, or put it on the PATH.');
  if (!maven)
    throw new KafkaProblem(
      'Maven (mvn) was not found, and it is what fetches Kafka. Install Maven, or set KAFKA_BROKERS to the address of a broker that runs already.',
    );
  announce(`Kafka ${version} is fetched by Maven; this happens once.`);
  await mkdir(directory, { recursive: true });
  const mine = join(directory, `resolve-${process.pid}`);
  await mkdir(mine, { recursive: true });
  try {
    await writeFile(join(mine, 'pom.xml'), projectOf(version));
    const found = join(mine, 'classpath.txt');
    const { code, output } = await run(mavenCommand(), [
      '--quiet',
      '--batch-mode',
      '--file',
      join(mine, 'pom.xml'),
      `${dependencyPlugin}:build-classpath`,
      '-DincludeScope=runtime',
      `-Dmdep.outputFile=${found}`,
    ]);
    if (code !== 0) throw new KafkaProblem(whyMavenFailed(version, output));
    // Whoever resolves the same version at the same time writes the same text.
    await rename(found, remembered);
  } finally {
    await rm(mine, { recursive: true, force: true });
  }
  const classPath = await readClassPath(remembered);
  if (classPath === null)
    throw new KafkaProblem(
      `Maven named jars of Kafka ${version} that are not there. Remove ${directory} and try again.`,
    );
  return { version, directory, classPath };
}

/** null when nothing is remembered, or when Maven's cache has been emptied since. */
async function readClassPath(file) {
  if (!existsSync(file)) return null;
  const classPath = (await readFile(file, 'utf8')).trim();
  return classPath !== '' && classPath.split(delimiter).every((jar) => existsSync(jar)) ? classPath : null;
}

/** Kafka's own jars name no logger that writes; this one writes to the error output, which is the broker's log file. */
function projectOf(version) {
  const logger = version.startsWith('3.') ? ['slf4j-reload4j', '1.7.36'] : ['slf4j-simple', '1.7.36'];
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>millrace</groupId>
  <artifactId>local-kafka</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${version}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>${logger[0]}</artifactId><version>${logger[1]}</version></dependency>
  </dependencies>
</project>
`;
}

function whyMavenFailed(version, output) {
  const said = output.trim().split('\n').slice(0, 12).join('\n');
  if (/Could not find artifact org\.apache\.kafka:kafka_2\.13/.test(output))
    return `There is no Kafka ${version} in the Maven repository. Leave --version out for ${defaultVersion}.`;
  if (/Unknown host|Could not transfer|Connection refused|Network is unreachable|timed out/i.test(output))
    return `Maven could not reach its repository to fetch Kafka ${version}. Check the network and Maven's settings.xml (proxy, mirror), or set KAFKA_BROKERS to a broker that runs already. Maven says:\n${said}`;
  return `Maven could not resolve Kafka ${version}. It says:\n${said}`;
}

function mavenCommand() {
  return process.platform === 'win32' ? 'mvn.cmd' : 'mvn';
}

async function answers(command, args) {
  const { code } = await run(command, args);
  return code === 0;
}

/** Runs a program to its end; a program that is not there has the code 127. */
export function run(command, args) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const hear = (bytes) => {
      output += bytes;
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('error', () => resolve({ code: 127, output }));
    child.once('close', (code) => resolve({ code: code ?? 1, output }));
  });
}
