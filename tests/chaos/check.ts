// Judges a round, in a process of its own: check.ts BROKERS PREFIX WITNESSED.json. Prints what is wrong; ends with 0 for nothing, 1 for
// something, 2 if it could not judge. What is wrong can be looked into in observed.json beside the witness: the topics go with their brokers.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { check } from './checker.ts';
import { observe, type Witnessed } from './observe.ts';
import { Cluster } from './wire/cluster.ts';

const [brokers = '', prefix = '', witnessedFile = ''] = process.argv.slice(2);
const cluster = new Cluster(brokers);
try {
  const witnessed = JSON.parse(readFileSync(witnessedFile, 'utf8')) as Witnessed;
  const observations = await observe(cluster, prefix, witnessed);
  const problems = check(observations);
  for (const problem of problems) console.log(problem);
  if (problems.length > 0) writeFileSync(join(dirname(witnessedFile), 'observed.json'), JSON.stringify(observations));
  const { orders, totals, paid, live } = observations;
  console.log(
    `${orders.length} orders, ${totals.length} results, ${paid.length} pairs, ${live.length} seen live: ${problems.length === 0 ? 'nothing is wrong' : `${problems.length} things are wrong`}`,
  );
  process.exitCode = problems.length === 0 ? 0 : 1;
} catch (error) {
  console.error(`The round could not be judged: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 2;
} finally {
  await cluster.close();
}
