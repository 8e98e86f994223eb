// Faults against real workers on a real Kafka, judged by an independent checker: npm run chaos -- --rounds 24 [--seed S] [--nodes 1|3]
// With --results FILE each verdict is appended to it, and the next run goes on behind the last one.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { register } from 'tsx/esm/api';
import { startKafka } from './kafka/start-kafka.mjs';
import { root } from './setup.mjs';

register();
const { FaultProxy } = await import('../tests/chaos/fault-proxy.ts');
const { faultClasses } = await import('../tests/chaos/faults.ts');
const { runRound } = await import('../tests/chaos/round.ts');

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: String(faultClasses.length) },
    seed: { type: 'string' },
    nodes: { type: 'string', default: '1' },
    results: { type: 'string' },
  },
});
const rounds = Number(values.rounds);
const nodes = Number(values.nodes);
const first = Number(values.seed ?? lastSeed() + 1);
if (![rounds, first].every((number) => Number.isSafeInteger(number) && number >= 0) || (nodes !== 1 && nodes !== 3)) {
  console.error('Usage: npm run chaos -- [--rounds N] [--seed S] [--nodes 1|3] [--results FILE]');
  process.exit(2);
}

const tried = whatIsTried();
const directory = mkdtempSync(join(tmpdir(), 'millrace-chaos-'));
const proxies = await Promise.all(Array.from({ length: nodes }, () => FaultProxy.open()));
const kafka = await startKafka({
  nodes,
  proxyPorts: proxies.map(({ port }) => port),
  properties: {
    // How often brokers look for transactions that were left open: 10 s by default, for which every round would wait.
    'transaction.abort.timed.out.transaction.cleanup.interval.ms': 1_000,
    // The input is of today; producers of it must not be forgotten before tomorrow has ended (1 day by default).
    'producer.id.expiration.ms': 2 * 86_400_000,
    // Workers that start together get their tasks together, and not one after the other.
    'group.initial.rebalance.delay.ms': 500,
  },
  announce: console.log,
});
for (const [index, proxy] of proxies.entries()) proxy.forwardTo(kafka.portsBehindProxy[index]);
let failed = 0;
// 'disconnect': whoever started this with a channel is gone.
for (const cause of ['SIGINT', 'SIGTERM', 'disconnect']) process.on(cause, () => void end(130));

// The classes take turns, so that a seed names its round: npm run chaos -- --rounds 1 --seed S runs it again.
for (let seed = first; seed < first + rounds; seed++) {
  const fault = faultClasses[seed % faultClasses.length];
  const startedAt = new Date().toISOString();
  const beginMs = performance.now();
  const verdict = await judged(seed, fault);
  const seconds = Math.round((performance.now() - beginMs) / 1000);
  const struck = verdict.struck === undefined ? '' : ` – ${verdict.struck}`;
  console.log(`${verdict.passed ? 'passed' : 'FAILED'}  seed ${seed}: ${fault.kind}${struck} (${seconds} s)`);
  for (const line of verdict.said) console.log(`        ${line}`);
  if (values.results !== undefined)
    appendFileSync(values.results, `${JSON.stringify({ ...tried, startedAt, seconds, ...verdict })}\n`);
  if (!verdict.passed) failed++;
}
console.log(`${rounds - failed} of ${rounds} rounds passed${failed > 0 ? `; logs of the workers: ${directory}` : ''}`);
await end(failed === 0 ? 0 : 1);

async function judged(seed, fault) {
  try {
    return await runRound({ seed, fault, kafka, nodes, proxies, directory });
  } catch (error) {
    const said = [`The round could not be run: ${error.message}`];
    return { seed, nodes, fault: fault.kind, passed: false, said };
  } finally {
    for (const proxy of proxies) proxy.heal();
    for (let node = 1; node <= nodes; node++) if (kafka.pid(node) === null) await kafka.restart(node);
  }
}

async function end(code) {
  await kafka.stop();
  if (failed === 0) rmSync(directory, { recursive: true, force: true });
  process.exit(code);
}

/** The commit, whether files differ from it, and what the programs truly are that run: they may have been built from something else. */
function whatIsTried() {
  const git = (...args) => spawnSync('git', args, { cwd: root, encoding: 'utf8' }).stdout?.trim() ?? '';
  const hash = createHash('sha256');
  for (const app of ['worker', 'server']) hash.update(readFileSync(join(root, 'apps', app, 'dist', 'main.js')));
  return {
    commit: git('rev-parse', '--short', 'HEAD'),
    isDirty: git('status', '--porcelain') !== '',
    programs: hash.digest('hex').slice(0, 12),
  };
}

/** Of the last round in the results file; −1 for none. A line that was cut off by whatever ended the campaign tells nothing. */
function lastSeed() {
  if (values.results === undefined || !existsSync(values.results)) return -1;
  const text = readFileSync(values.results, 'utf8');
  if (text !== '' && !text.endsWith('\n')) appendFileSync(values.results, '\n');
  const seeds = text.split('\n').flatMap((line) => {
    try {
      return [JSON.parse(line).seed];
    } catch {
      return [];
    }
  });
  return Math.max(-1, ...seeds);
}
