import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, openSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { resolve as absolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defaultVersion, resolveDistribution, run } from './distribution.mjs';
import { KafkaProblem } from './kafka-problem.mjs';
import { askCluster } from './probe.mjs';
import { administrator, makeCertificate, scramArguments, securitySettings } from './security.mjs';

const host = '127.0.0.1';
/** A broker that has not answered after this long will not. */
const startLimitMs = 60_000;
const pollMs = 50;

/** Starts a local Kafka cluster; start-kafka.d.mts says what the options are and what comes back. */
export async function startKafka(options = {}) {
  const {
    nodes = 1,
    version = defaultVersion,
    port = 0,
    data,
    properties = {},
    jvm = [],
    proxyPorts,
    security,
    announce = () => undefined,
  } = options;
  if (nodes !== 1 && nodes !== 3) throw new KafkaProblem(`A local cluster has 1 node or 3, not ${nodes}.`);
  const distribution = await resolveDistribution(version, announce);
  const directory = data === undefined ? await mkdtemp(join(tmpdir(), 'millrace-kafka-')) : absolute(data);
  const guard = startGuard();
  if (data === undefined) guard.say(`rm ${directory}`);
  const brokers = [];
  let behindProxy = [];
  let secure = null;
  try {
    const ports = await choosePorts(nodes, port);
    behindProxy = ports.behindProxy;
    const cluster = await identify(directory, distribution, security?.users);
    const certificate = security === undefined ? null : await makeCertificate(directory, 'broker');
    if (certificate !== null) {
      const at = (list) => list.map((each) => `${host}:${each}`).join(',');
      secure = {
        brokers: at(ports.secure),
        tlsBrokers: at(ports.tls),
        ca: certificate.ca,
        administrator,
        strangeCa: async () => (await makeCertificate(directory, 'stranger')).ca,
      };
    }
    const more =
      certificate === null ? {} : securitySettings({ keystore: certificate.keystore, users: security.users });
    for (const [index, own] of ports.brokers.entries()) {
      const broker = new Broker(index + 1, own, distribution, join(directory, `node-${index + 1}`), guard, jvm);
      const places = { ...ports, proxies: proxyPorts, isSecure: certificate !== null };
      await broker.format(cluster, settingsOf(broker, nodes, places, { ...more, ...properties }));
      brokers.push(broker);
    }
    await Promise.all(brokers.map((broker) => broker.start(nodes)));
  } catch (error) {
    await Promise.all(brokers.map((broker) => broker.kill()));
    guard.close();
    throw error;
  }
  let stopped = null;
  const one = (node) => {
    const broker = brokers[node - 1];
    if (broker === undefined) throw new KafkaProblem(`There is no node ${node}; this cluster has ${nodes}.`);
    return broker;
  };
  const stop = async () => {
    // What is thrown away needs no orderly end; what is kept does, and so does the first start, which leaves a faster one behind.
    await Promise.all(brokers.map((broker) => (data === undefined && !broker.teaches ? broker.kill() : broker.end())));
    if (data === undefined) await rm(directory, { recursive: true, force: true });
    guard.close();
  };
  return {
    brokers: brokers.map((broker) => `${host}:${broker.port}`).join(','),
    portsBehindProxy: proxyPorts === undefined ? [] : behindProxy,
    secure,
    version,
    directory,
    pid: (node) => one(node).pid,
    logFile: (node) => one(node).logFile,
    kill: (node) => one(node).kill(),
    end: (node) => one(node).end(),
    pause: (node) => one(node).signal('SIGSTOP'),
    resume: (node) => one(node).signal('SIGCONT'),
    restart: async (node) => {
      await one(node).kill();
      await one(node).start(1);
    },
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };
}

/** One broker, which is a controller too. */
class Broker {
  constructor(id, port, distribution, directory, guard, jvm) {
    this.id = id;
    this.port = port;
    this.distribution = distribution;
    this.directory = directory;
    this.guard = guard;
    this.jvm = jvm;
    this.settings = join(directory, 'server.properties');
    this.data = join(directory, 'data');
    this.logFile = join(directory, 'broker.log');
    this.child = null;
    this.ended = Promise.resolve();
    this.teaches = false;
  }

  get pid() {
    return this.child?.pid ?? null;
  }

  /** What Kafka's own formatting tool writes, without starting a Java for it each time. */
  async format(cluster, settings) {
    await mkdir(this.data, { recursive: true });
    await writeFile(this.settings, settings);
    const marker = join(this.data, 'meta.properties');
    if (existsSync(marker)) return;
    await copyFile(cluster.bootstrap, join(this.data, 'bootstrap.checkpoint'));
    await writeFile(marker, `version=1\ncluster.id=${cluster.id}\nnode.id=${this.id}\ndirectory.id=${newId()}\n`);
  }

  /** Resolves when the broker answers and sees `nodes` nodes and a controller. */
  async start(nodes) {
    const { args, archive } = this.startUp();
    const log = openSync(this.logFile, 'a');
    const child = spawn('java', args, { stdio: ['ignore', log, log], detached: true });
    closeSync(log);
    this.child = child;
    this.teaches = archive !== null;
    let failure = null;
    this.ended = new Promise((resolve) => {
      child.once('error', (error) => {
        failure = error;
        resolve();
      });
      child.once('exit', resolve);
    }).then(async () => {
      if (child.pid !== undefined) this.guard.say(`-${child.pid}`);
      this.child = null;
      if (archive !== null && existsSync(archive.made)) await rename(archive.made, archive.kept);
    });
    if (child.pid !== undefined) this.guard.say(`+${child.pid}`);
    const giveUpMs = performance.now() + startLimitMs;
    for (;;) {
      const cluster = await askCluster(host, this.port);
      if (cluster !== null && cluster.nodes.length >= nodes && cluster.controller >= 0) return;
      if (failure !== null)
        throw new KafkaProblem(
          `Java could not be started (${failure.message}). Kafka needs Java 17 or newer on the PATH.`,
        );
      if (this.child === null) throw new KafkaProblem(await this.whyItEnded());
      if (performance.now() > giveUpMs)
        throw new KafkaProblem(
          `Kafka node ${this.id} did not answer on ${host}:${this.port} within ${startLimitMs / 1000} seconds. Its log: ${this.logFile}`,
        );
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
  }

  /** The first start of a version teaches Java which classes it loads; every later one is twice as fast for it. */
  startUp() {
    const kept = join(this.distribution.directory, 'classes.jsa');
    const learns = !existsSync(kept);
    const made = join(this.distribution.directory, `classes-${process.pid}-${this.id}.jsa`);
    const args = [
      '-Xms128m',
      '-Xmx384m',
      '-XX:+UseSerialGC',
      '-XX:TieredStopAtLevel=1',
      '-Xshare:auto',
      learns ? `-XX:ArchiveClassesAtExit=${made}` : `-XX:SharedArchiveFile=${kept}`,
      '-Djava.awt.headless=true',
      '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
      '-Dorg.slf4j.simpleLogger.showDateTime=true',
      '-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS',
      ...this.jvm,
      '-cp',
      this.distribution.classPath,
      'kafka.Kafka',
      this.settings,
    ];
    return { args, archive: learns ? { made, kept } : null };
  }

  signal(name) {
    if (this.child !== null) process.kill(this.child.pid, name);
  }

  /** An orderly end. */
  async end() {
    this.child?.kill('SIGTERM');
    const late = setTimeout(() => this.child?.kill('SIGKILL'), 20_000);
    await this.ended;
    clearTimeout(late);
  }

  async kill() {
    this.child?.kill('SIGKILL');
    await this.ended;
  }

  async whyItEnded() {
    const log = await readFile(this.logFile, 'utf8');
    if (/UnsupportedClassVersionError/.test(log))
      return `This Java is too old for Kafka ${this.distribution.version}, which needs Java 17 or newer.`;
    if (/Address already in use|BindException/.test(log)) return takenMessage(this.port);
    if (/INCONSISTENT|does not match|Invalid cluster\.id|is not compatible|downgrade/i.test(log))
      return `The data in ${this.directory} were written by another cluster or another version of Kafka. Name another --data directory, or start the version that wrote it.\n${tail(log)}`;
    return `Kafka node ${this.id} ended while it started. The end of its log (${this.logFile}):\n${tail(log)}`;
  }
}

function tail(text) {
  return text.trimEnd().split('\n').slice(-12).join('\n');
}

/** The cluster's identity, kept beside the data, and the first record of its metadata, which a version has but one of. */
async function identify(directory, distribution, users) {
  await mkdir(directory, { recursive: true });
  // Users that sign in by SCRAM stand in that record too.
  const bootstrap = join(users === undefined ? distribution.directory : directory, 'bootstrap.checkpoint');
  if (!existsSync(bootstrap)) await makeBootstrap(distribution, bootstrap, users);
  const file = join(directory, 'cluster.id');
  if (!existsSync(file)) await writeFile(file, newId());
  await rememberVersion(join(directory, 'kafka.version'), directory, distribution.version);
  return { id: (await readFile(file, 'utf8')).trim(), bootstrap };
}

/** A newer Kafka reads what an older one wrote, and not the other way round. */
async function rememberVersion(file, directory, version) {
  const before = existsSync(file) ? (await readFile(file, 'utf8')).trim() : version;
  if (before.localeCompare(version, 'en', { numeric: true }) > 0)
    throw new KafkaProblem(
      `The data in ${directory} were written by Kafka ${before}, which ${version} cannot read. Start --version ${before}, or name another --data directory.`,
    );
  await writeFile(file, version);
}

async function makeBootstrap(distribution, bootstrap, users) {
  const scratch = await mkdtemp(join(tmpdir(), 'millrace-kafka-format-'));
  try {
    const settings = join(scratch, 'server.properties');
    await writeFile(
      settings,
      [
        'process.roles=broker,controller',
        'node.id=1',
        `controller.quorum.voters=1@${host}:1`,
        `listeners=PLAINTEXT://${host}:2,CONTROLLER://${host}:1`,
        'controller.listener.names=CONTROLLER',
        'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
        `log.dirs=${join(scratch, 'data')}`,
      ].join('\n'),
    );
    const { code, output } = await run('java', [
      '-Xmx256m',
      '-XX:TieredStopAtLevel=1',
      '-cp',
      distribution.classPath,
      'kafka.tools.StorageTool',
      'format',
      '--cluster-id',
      newId(),
      '--config',
      settings,
      ...(users === undefined ? [] : scramArguments(users)),
    ]);
    if (code === 127) throw new KafkaProblem('Java was not found. Kafka needs Java 17 or newer on the PATH.');
    if (code !== 0) throw new KafkaProblem(`Kafka's storage tool failed:\n${tail(output)}`);
    const made = `${bootstrap}-${process.pid}`;
    await copyFile(join(scratch, 'data', 'bootstrap.checkpoint'), made);
    await rename(made, bootstrap);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Kafka's own form of an id: sixteen bytes, base64 for addresses. It must not begin with a dash. */
function newId() {
  const bytes = randomBytes(16);
  bytes[0] &= 0x3f;
  return bytes.toString('base64url');
}

function settingsOf(broker, nodes, ports, properties) {
  const voters = ports.controllers.map((port, index) => `${index + 1}@${host}:${port}`).join(',');
  const replicas = nodes;
  const inSync = nodes === 3 ? 2 : 1;
  const index = broker.id - 1;
  const listeners = [`PLAINTEXT://${host}:${broker.port}`];
  const advertised = [...listeners];
  if (ports.proxies !== undefined) {
    // Whoever comes this way is sent on this way: to the proxies, never around them.
    listeners.push(`PROXIED://${host}:${ports.behindProxy[index]}`);
    advertised.push(`PROXIED://${host}:${ports.proxies[index]}`);
  }
  if (ports.isSecure) {
    const more = [`SECURE://${host}:${ports.secure[index]}`, `TLS://${host}:${ports.tls[index]}`];
    listeners.push(...more);
    advertised.push(...more);
  }
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': broker.id,
    'controller.quorum.voters': voters,
    listeners: [...listeners, `CONTROLLER://${host}:${ports.controllers[index]}`].join(','),
    'advertised.listeners': advertised.join(','),
    'inter.broker.listener.name': 'PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map':
      'PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT,SECURE:SASL_SSL,TLS:SSL,CONTROLLER:PLAINTEXT',
    'log.dirs': broker.data,
    'num.network.threads': 2,
    'num.io.threads': 4,
    'default.replication.factor': replicas,
    'min.insync.replicas': inSync,
    'offsets.topic.num.partitions': 3,
    'offsets.topic.replication.factor': replicas,
    'transaction.state.log.num.partitions': 3,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': inSync,
    'share.coordinator.state.topic.replication.factor': replicas,
    'share.coordinator.state.topic.min.isr': inSync,
    // A topic whose name was mistyped must be missing, not new.
    'auto.create.topics.enable': false,
    // A broker that was killed may come back when its session is over: 9 s by default.
    'broker.session.timeout.ms': 4000,
    'broker.heartbeat.interval.ms': 500,
    'group.initial.rebalance.delay.ms': 0,
    'group.min.session.timeout.ms': 1000,
    // The cleaner's share of a small heap; 128 MiB by default.
    'log.cleaner.dedupe.buffer.size': 8 * 1024 * 1024,
    'log.index.size.max.bytes': 1024 * 1024,
    ...properties,
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

/** With port 0, free ones; otherwise that port, the next for the next node, and free ones for what is inside. */
async function choosePorts(nodes, port) {
  if (!Number.isInteger(port) || port < 0 || port + nodes > 65536)
    throw new KafkaProblem(`${port} is no port. Ports are whole numbers up to 65535.`);
  const held = [];
  try {
    const brokers = [];
    for (let index = 0; index < nodes; index++) {
      const wanted = port === 0 ? 0 : port + index;
      const server = await hold(wanted);
      held.push(server);
      brokers.push(server.address().port);
    }
    const free = [];
    for (let index = 0; index < 4 * nodes; index++) {
      const server = await hold(0);
      held.push(server);
      free.push(server.address().port);
    }
    const [controllers, behindProxy, secure, tls] = [0, 1, 2, 3].map((use) =>
      free.slice(use * nodes, (use + 1) * nodes),
    );
    return { brokers, controllers, behindProxy, secure, tls };
  } finally {
    await Promise.all(held.map((server) => new Promise((resolve) => server.close(resolve))));
  }
}

function hold(port) {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error) =>
      reject(error.code === 'EADDRINUSE' || error.code === 'EACCES' ? new KafkaProblem(takenMessage(port)) : error),
    );
    server.listen(port, host, () => resolve(server));
  });
}

function takenMessage(port) {
  return `Port ${port} on ${host} is taken. Stop what listens there, or name another: npm run kafka -- --port ${port + 100}`;
}

function startGuard() {
  const child = spawn(process.execPath, [fileURLToPath(new URL('guard.mjs', import.meta.url))], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  // It reads until we are gone; nothing here waits for it.
  child.unref();
  child.stdin.unref?.();
  child.stdin.on('error', () => undefined);
  return {
    say: (line) => child.stdin.write(`${line}\n`),
    close: () => child.stdin.end(),
  };
}
