// Reads a topic's committed records while faults go on, and writes each as a line of JSON in the order in which it came, until its
// input ends: watch-live.ts BROKERS TOPIC FILE
import { closeSync, openSync, writeSync } from 'node:fs';
import { toSeen } from './observe.ts';
import { Cluster } from './wire/cluster.ts';
import { PartitionReader } from './wire/topic-reader.ts';

const endLimitMs = 10_000;
const [brokers = '', topic = '', file = ''] = process.argv.slice(2);
const cluster = new Cluster(brokers);
const out = openSync(file, 'w');
let isOver = false;
process.stdin.resume();
process.stdin.on('end', () => {
  isOver = true;
  // Whoever wants to know has gone, and so perhaps have the brokers, which would be tried for long.
  setTimeout(() => process.exit(1), endLimitMs).unref();
});

const partitions = await cluster.partitionsOf(topic);
if (partitions === 0) throw new Error(`There is no topic ${topic}.`);
const readers = Array.from({ length: partitions }, (_, partition) => new PartitionReader(cluster, topic, partition));
while (!isOver) {
  for (const reader of readers)
    for (const record of await reader.poll(20)) writeSync(out, `${JSON.stringify(toSeen(record))}\n`);
}
closeSync(out);
await cluster.close();
