import { join } from 'node:path';
import { EmbeddedLog } from '@millrace/backend-embedded';
import { encodeBatch, partitionFor } from '@millrace/engine';

/**
 * Appends one record as another program would: `append-record.ts DATA_DIRECTORY TOPIC KEY VALUE`, the value as it stands, whether it is
 * JSON or not. Prints `topic-partition @ offset`.
 */
const [directory = '', topic = '', key = '', value = ''] = process.argv.slice(2);
const log = await EmbeddedLog.open({ directory: join(directory, 'log') });
const partitions = (await log.topics()).find(({ name }) => name === topic)?.partitions;
if (partitions === undefined) throw new Error(`There is no topic ${topic} in ${directory}.`);
const partition = partitionFor(key, partitions);
const batch = encodeBatch([{ key, value, timestamp: Date.now() }]);
const { baseOffsets } = await log.append([{ topic, partition, batch }]);
await log.close();
console.log(`${topic}-${partition} @ ${baseOffsets[0]?.toLocaleString('en-US')}`);
