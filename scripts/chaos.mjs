// Faults against real workers on a real Kafka, judged by an independent checker: npm run chaos -- --rounds 24 [--seed S] [--nodes 1|3]
// With --results FILE each verdict is appended to it, and the next run goes on behind the last one.
import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { register } from 'tsx/esm/api';
import { startKafka } from './kafka/start-kafka.mjs';

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

const commit = spawnSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).stdout?.trim() ?? '';
const directory = mkdtempSync(join(tmpdir(), 'millrace-chaos-'));
const proxies = await Promise.all(Array.from({ length: nodes }, () => FaultProxy.open()));
const kafka = await startKafka({ nodes, proxyPorts: proxies.map(({ port }) => port), announce: console.log });
for (const [index, proxy] of proxies.entries()) proxy.forwardTo(kafka.portsBehindProxy[index]);
let failed = 0;
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => void end(130));

// The classes take turns, so that a seed names its round: npm run chaos -- --rounds 1 --seed S runs it again.
for (let seed = first; seed < first + rounds; seed++) {
  const fault = faultClasses[seed % faultClasses.length];
  const beginMs = performance.now();
  const verdict = await judged(seed, fault);
  const seconds = ((performance.now() - beginMs) / 1000).toFixed(0);
  console.log(`${verdict.passed ? 'passed' : 'FAILED'}  seed ${seed}: ${fault.kind} (${seconds} s)`);
  for (const line of verdict.said) console.log(`        ${line}`);
  if (values.results !== undefined) appendFileSync(values.results, `${JSON.stringify({ commit, ...verdict })}\n`);
  if (!verdict.passed) failed++;
}
console.log(`${rounds - failed} of ${rounds} rounds passed${failed > 0 ? `; logs of the workers: ${directory}` : ''}`);
await end(failed === 0 ? 0 : 1);

async function judged(seed, fault) {
  try {
    return await runRound({ seed, fault, kafka, nodes, proxies, directory });
  } catch (error) {
    return { seed, fault: fault.kind, passed: false, said: [`The round could not be run: ${error.message}`] };
  } finally {
    for (const proxy of proxies) proxy.heal();
  }
}

async function end(code) {
  await kafka.stop();
  if (failed === 0) rmSync(directory, { recursive: true, force: true });
  process.exit(code);
}

/** Of the last round in the results file; −1 for none. */
function lastSeed() {
  if (values.results === undefined || !existsSync(values.results)) return -1;
  const lines = readFileSync(values.results, 'utf8').trim().split('\n');
  return lines.at(-1) === '' ? -1 : JSON.parse(lines.at(-1)).seed;
}
