import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type EncodedBatch,
  type ProducedRecord,
  partitionFor,
  pipelineSchema,
  RecordBatch,
  RecordBatchBuilder,
} from '@millrace/engine';
import { inBatches, type Loop, type PartitionInput, plan, recordsPerCommit, type Workload } from '../workload.ts';

/** As the example has them. */
const partitions = 4;
const hourMs = 3_600_000;
const graceMs = 600_000;
const retentionMs = 24 * hourMs;
const lapMs = 90 * 24 * hourMs;

interface Flight {
  readonly date: string;
  readonly delay: number;
  readonly distance: number;
  readonly origin: string;
  readonly destination: string;
}

interface Airport {
  readonly state: string;
}

interface Line {
  readonly key: string;
  readonly value: unknown;
}

/** The example's pipeline over its flights, in laps that follow each other in time. `directory` is that of the example. */
export function flightsWorkload(directory: string, laps: number): Workload {
  const pipeline = pipelineSchema.parse(
    JSON.parse(readFileSync(join(directory, 'flight-delays.pipeline.json'), 'utf8')),
  );
  const airports = readLines(join(directory, 'airports.ndjson'));
  const flights = readLines(join(directory, 'flights.ndjson'));
  const airportRecords = airports.map(({ key, value }) => ({ key, value: JSON.stringify(value), timestamp: 0 }));
  return {
    name: 'flight delays (filter → join → re-key → windowed count, average, greatest)',
    goal: 'how much dearer the engine is; the goal is at most 1.5',
    topology: plan(pipeline, { flights: partitions, airports: partitions }),
    sinkTopic: 'delays-by-state',
    records: flights.length * laps,
    preload: byKey('airports', airportRecords),
    input: (round) => {
      const records = Array.from({ length: laps }, (_, lap) => flightsOfLap(flights, round * laps + lap)).flat();
      return { partitions: byKey('flights', records), merged: inBatches(inTaskOrder(records)) };
    },
    loop: () => delaysByState(new Map(airports.map(({ key, value }) => [key, value as Airport]))),
  };
}

/** By hand. The flights come in one stream, already in the order in which the engine takes them from four. */
function delaysByState(airports: ReadonlyMap<string, Airport>): Loop {
  const windows = new Map<number, Map<string, { flights: number; sum: number; greatest: number; timestamp: number }>>();
  // One a partition of the state, since that is how far the engine's tasks see.
  const streamTimes = Array.from({ length: partitions }, () => 0);
  let greatestStart = 0;
  let outputs: EncodedBatch[][] = [];
  let builders: RecordBatchBuilder[] = [];
  const commit = (): void => {
    builders.forEach((builder, partition) => {
      if (builder.count > 0) outputs[partition]?.push(builder.finish());
    });
    builders = outputs.map(() => new RecordBatchBuilder());
  };
  return (batches) => {
    outputs = Array.from({ length: partitions }, () => []);
    let read = 0;
    for (const { bytes } of batches) {
      const batch = new RecordBatch(bytes, 0);
      for (let index = 0; index < batch.count; index++) {
        if (read++ % recordsPerCommit === 0) commit();
        const flight = JSON.parse(batch.text(batch.valueStarts[index] ?? 0, batch.valueEnds[index] ?? 0)) as Flight;
        const time = timeOf(flight.date);
        if (!(flight.delay > 15)) continue;
        const airport = airports.get(batch.keyByteString(index) ?? '');
        if (airport === undefined) continue;
        const joined = { ...flight, airport };
        const { state } = joined.airport;
        const partition = partitionFor(state, partitions);
        if (time > (streamTimes[partition] ?? 0)) streamTimes[partition] = time;
        const start = time - (time % hourMs);
        if (start + hourMs <= (streamTimes[partition] ?? 0) - graceMs) continue;
        let states = windows.get(start);
        if (states === undefined) {
          states = new Map();
          windows.set(start, states);
          if (start > greatestStart) {
            greatestStart = start;
            for (const old of windows.keys()) if (old <= greatestStart - retentionMs) windows.delete(old);
          }
        }
        let entry = states.get(state);
        if (entry === undefined) {
          entry = { flights: 0, sum: 0, greatest: Number.NEGATIVE_INFINITY, timestamp: time };
          states.set(state, entry);
        }
        entry.flights++;
        entry.sum += joined.delay;
        if (joined.delay > entry.greatest) entry.greatest = joined.delay;
        if (time > entry.timestamp) entry.timestamp = time;
        builders[partition]?.append(
          `{"end":${start + hourMs},"key":${JSON.stringify(state)},"start":${start}}`,
          JSON.stringify({
            flights: entry.flights,
            averageDelay: entry.sum / entry.flights,
            greatestDelay: entry.greatest,
          }),
          entry.timestamp,
        );
      }
    }
    commit();
    return outputs;
  };
}

/** `2001/01/31 05:04`, UTC. */
function timeOf(date: string): number {
  return Date.UTC(
    Number(date.slice(0, 4)),
    Number(date.slice(5, 7)) - 1,
    Number(date.slice(8, 10)),
    Number(date.slice(11, 13)),
    Number(date.slice(14, 16)),
  );
}

function flightsOfLap(flights: readonly Line[], lap: number): readonly ProducedRecord[] {
  return flights.map(({ key, value }) => {
    const flight = value as Flight;
    const timestamp = timeOf(flight.date) + lap * lapMs;
    const date = new Date(timestamp).toISOString().slice(0, 16).replaceAll('-', '/').replace('T', ' ');
    return { key, value: JSON.stringify({ ...flight, date }), timestamp };
  });
}

/** Lowest timestamp first; ties by partition, then by offset. */
function inTaskOrder(records: readonly ProducedRecord[]): readonly ProducedRecord[] {
  return records.toSorted(
    (left, right) =>
      left.timestamp - right.timestamp ||
      partitionFor(left.key ?? '', partitions) - partitionFor(right.key ?? '', partitions),
  );
}

function byKey(topic: string, records: readonly ProducedRecord[]): readonly PartitionInput[] {
  return Array.from({ length: partitions }, (_, partition) => ({
    topic,
    partition,
    batches: inBatches(records.filter(({ key }) => partitionFor(key ?? '', partitions) === partition)),
  }));
}

function readLines(path: string): readonly Line[] {
  return readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
}
