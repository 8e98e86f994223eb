import { join } from 'node:path';
import { LogError, type TopicSpec } from '@millrace/engine';
import type { ServerBackend } from '../backend/server-backend.ts';
import type { Logger } from '../logger.ts';
import { FlightLaps } from './flight-laps.ts';
import { FlightPlayer } from './flight-player.ts';
import { keyedAppends } from './keyed-append.ts';
import { readRecordedTopic, recordOf } from './recorded-topic.ts';

const flightsTopic: TopicSpec = {
  name: 'flights',
  partitions: 4,
  role: 'external',
  owner: null,
  // The flights never end; the disk does.
  cleanup: { policy: 'delete', retentionMs: null, retentionBytes: 64 * 1024 * 1024 },
};

const airportsTopic: TopicSpec = {
  name: 'airports',
  partitions: 4,
  role: 'external',
  owner: null,
  cleanup: { policy: 'delete', retentionMs: null, retentionBytes: null },
};

/**
 * The topics `flights` and `airports`: made and filled at the first start, and from then on played.
 * @param directory the folder `examples`
 * @param perSecond flights a second
 * @returns the player, filled and not yet playing; null when topics of one's own have these names
 */
export async function fillExampleTopics(
  backend: Pick<ServerBackend, 'log' | 'hasDenseOffsets'>,
  directory: string,
  perSecond: number,
  logger: Logger,
): Promise<FlightPlayer | null> {
  const { log, hasDenseOffsets } = backend;
  try {
    await log.ensureTopics([flightsTopic, airportsTopic]);
  } catch (error) {
    if (!(error instanceof LogError) || error.code !== 'topic-conflict') throw error;
    logger.warn(
      { reason: error.message },
      'the example topics are left out: topics of the same names are here already',
    );
    return null;
  }
  const folder = join(directory, 'flight-delays');
  const airports = (await log.topics()).find((topic) => topic.name === airportsTopic.name);
  const ends = airports?.endOffsets ?? [];
  if (ends.some((end) => end === 0)) {
    const lines = await readRecordedTopic(join(folder, 'airports.ndjson'));
    const records = lines.map((line) => recordOf(line, null));
    // Of each partition all airports are there or none is.
    const appends = keyedAppends(airportsTopic.name, airportsTopic.partitions, records).filter(
      ({ partition }) => ends[partition] === 0,
    );
    if (hasDenseOffsets) await log.append(appends);
    else for (const append of appends) await log.append([append]);
  }
  const laps = new FlightLaps(await readRecordedTopic(join(folder, 'flights.ndjson')));
  const player = new FlightPlayer({ log, topic: flightsTopic.name, laps, perSecond, logger, hasDenseOffsets });
  await player.fill();
  return player;
}
