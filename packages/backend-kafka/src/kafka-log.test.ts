import { randomBytes } from 'node:crypto';
import { logConformance } from '@millrace/engine/testing';
import { describe, expect, it } from 'vitest';
import { KafkaLog } from './kafka-log.ts';
import { kafkaSettingsFromEnvironment } from './kafka-settings.ts';
import { NamedApartLog } from './testing/named-apart-log.ts';

const settings = kafkaSettingsFromEnvironment(process.env);
const name = settings === null ? 'SKIPPED, since KAFKA_BROKERS names no Kafka cluster: Kafka log' : 'Kafka log';

describe.skipIf(settings === null)(name, { timeout: 60_000 }, () => {
  logConformance(
    { describe, it, expect },
    {
      name: 'Kafka log',
      seed: Date.now(),
      denseOffsets: false,
      denseEpochs: false,
      readsAtOneMoment: false,
      exactSizes: false,
      fractionsOfMilliseconds: false,
      async open() {
        if (settings === null) throw new Error('There are no settings.');
        const prefix = `test-${randomBytes(6).toString('hex')}-`;
        let kafka = await KafkaLog.open(settings);
        let log = new NamedApartLog(kafka, prefix);
        return {
          log,
          async reopen() {
            await log.close();
            kafka = await KafkaLog.open(settings);
            log = new NamedApartLog(kafka, prefix, log.names);
            return log;
          },
          async dispose() {
            await kafka.close();
            const cleaner = await KafkaLog.open(settings);
            const topics = (await cleaner.topics()).map((topic) => topic.name);
            await cleaner.deleteTopics(topics.filter((topic) => topic.startsWith(prefix)));
            await cleaner.close();
          },
        };
      },
    },
  );
});
