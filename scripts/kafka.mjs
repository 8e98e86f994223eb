// A local Apache Kafka without Docker, until Ctrl-C: npm run kafka -- [--nodes 1|3] [--version 4.1.1] [--port 9092] [--data DIRECTORY]
import { parseArgs } from 'node:util';
import { cacheDirectory, defaultVersion } from './kafka/distribution.mjs';
import { KafkaProblem } from './kafka/kafka-problem.mjs';
import { startKafka } from './kafka/start-kafka.mjs';

const usage = `Usage: npm run kafka -- [--nodes 1|3] [--version ${defaultVersion}] [--port 9092] [--data DIRECTORY]`;

try {
  const options = readOptions();
  const from = cacheDirectory(options.version);
  console.log(`Starting Kafka ${options.version} with ${options.nodes === 1 ? 'one node' : 'three nodes'} …`);
  const begin = performance.now();
  const kafka = await startKafka({ ...options, announce: (what) => console.log(`${what} Its place: ${from}`) });
  let ending = false;
  const end = async (code) => {
    ending = true;
    await kafka.stop();
    process.exit(code);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      if (ending) return;
      console.log('Stopping Kafka …');
      void end(0);
    });
  }
  const seconds = ((performance.now() - begin) / 1000).toFixed(1);
  console.log(`
Kafka ${kafka.version} runs (${seconds} s). Bootstrap address:

  ${kafka.brokers}

  tests:    KAFKA_BROKERS=${kafka.brokers} npm test
  data:     ${kafka.directory}${options.data === undefined ? ' (removed at the end; keep them with --data DIRECTORY)' : ''}
  logs:     ${kafka.logFile(1)}

Ctrl-C stops it.`);
  // A broker that ends by itself is the end of this; so is the loss of whoever started us (npm's shell may go without a word).
  const parent = process.ppid;
  setInterval(() => {
    const lost = Array.from({ length: options.nodes }, (_, index) => index + 1).filter(
      (node) => kafka.pid(node) === null,
    );
    if (ending || (lost.length === 0 && process.ppid === parent)) return;
    if (lost.length > 0) console.error(`Kafka node ${lost[0]} has ended by itself. Its log: ${kafka.logFile(lost[0])}`);
    if (lost.length === 0 || options.data !== undefined) {
      void end(1);
    } else {
      // Its log stays to be read.
      ending = true;
      process.exit(1);
    }
  }, 500);
} catch (error) {
  if (!(error instanceof KafkaProblem)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

function readOptions() {
  const { values } = parsed();
  const nodes = Number(values.nodes ?? 1);
  const port = Number(values.port ?? 9092);
  if (nodes !== 1 && nodes !== 3) throw new KafkaProblem(`--nodes is 1 or 3.\n${usage}`);
  if (!Number.isInteger(port) || port < 1 || port > 65535)
    throw new KafkaProblem(`--port is a whole number from 1 to 65535.\n${usage}`);
  return { nodes, port, version: values.version ?? defaultVersion, data: values.data };
}

function parsed() {
  try {
    return parseArgs({
      options: {
        nodes: { type: 'string' },
        version: { type: 'string' },
        port: { type: 'string' },
        data: { type: 'string' },
      },
    });
  } catch (error) {
    throw new KafkaProblem(`${error.message}\n${usage}`);
  }
}
