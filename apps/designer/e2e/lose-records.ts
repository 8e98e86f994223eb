import { join } from 'node:path';
import { EmbeddedLog } from '@millrace/backend-embedded';
import { encodeBatch } from '@millrace/engine';

/** Appends records and removes all of the topic, as retention does after some time: `lose-records.ts DATA_DIRECTORY TOPIC PARTITION COUNT`. */
const [directory = '', topic = '', partition = '', count = ''] = process.argv.slice(2);
const log = await EmbeddedLog.open({ directory: join(directory, 'log') });
const records = Array.from({ length: Number(count) }, () => ({ key: 'x', value: '{}', timestamp: Date.now() }));
await log.append([{ topic, partition: Number(partition), batch: encodeBatch(records) }]);
await log.truncate([topic]);
await log.close();
