import { type Append, type CommitResult, LogError, MemoryLog, partitionFor } from '@millrace/engine';
import { describe, expect, it } from 'vitest';
import { readToEnd } from '../control/topic-reader.ts';
import { FlightLaps } from './flight-laps.ts';
import { FlightPlayer } from './flight-player.ts';
import type { RecordedLine } from './recorded-topic.ts';

const topic = 'flights';
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** Seven flights over two days and a bit: the span is three days. */
const lines: readonly RecordedLine[] = [
  ['2001/01/01 00:47', 'DTW'],
  ['2001/01/01 01:10', 'HNL'],
  ['2001/01/01 23:59', 'LAS'],
  ['2001/01/02 06:02', 'DTW'],
  ['2001/01/02 06:02', 'SFO'],
  ['2001/01/03 00:48', 'BWI'],
  ['2001/01/03 10:00', 'HNL'],
].map(([date = '', origin = ''], number) => ({ key: origin, value: { date, delay: number, origin } }));

async function emptyTopic(log: MemoryLog): Promise<void> {
  await log.ensureTopics([
    {
      name: topic,
      partitions: 4,
      role: 'external',
      owner: null,
      cleanup: { policy: 'delete', retentionMs: null, retentionBytes: null },
    },
  ]);
}

function player(log: MemoryLog, perSecond = 2_000, hasDenseOffsets = true): FlightPlayer {
  return new FlightPlayer({ log, topic, laps: new FlightLaps(lines), perSecond, logger: silent, hasDenseOffsets });
}

interface Read {
  readonly timestamp: number;
  readonly delay: number;
  readonly date: string;
}

async function flightsOf(log: MemoryLog): Promise<Read[][]> {
  return Promise.all(
    [0, 1, 2, 3].map(async (partition) => {
      const flights: Read[] = [];
      for await (const batch of readToEnd(log, topic, partition, 0)) {
        for (let index = 0; index < batch.count; index++) {
          const value = JSON.parse(new TextDecoder().decode(batch.value(index) ?? new Uint8Array()));
          flights.push({ timestamp: batch.timestamps[index] ?? 0, ...value });
        }
      }
      return flights;
    }),
  );
}

/** Every flight of every lap, once, each partition in order of time. */
async function expectUnbroken(log: MemoryLog, atLeast: number): Promise<void> {
  const byPartition = await flightsOf(log);
  for (const flights of byPartition) {
    for (const [index, flight] of flights.entries())
      expect(flight.timestamp).toBeGreaterThanOrEqual(flights[index - 1]?.timestamp ?? 0);
  }
  const all = byPartition.flat();
  const laps = new FlightLaps(lines);
  const expected = Array.from({ length: all.length }, (_, number) => laps.flight(number)?.value as string);
  const written = all.map(({ timestamp, ...value }) => JSON.stringify(value));
  expect(written.toSorted()).toEqual(expected.toSorted());
  expect(all.length).toBeGreaterThanOrEqual(atLeast);
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5));
}

async function count(log: MemoryLog): Promise<number> {
  return (await log.topics()).flatMap((description) => description.endOffsets).reduce((sum, end) => sum + end, 0);
}

describe('FlightLaps', () => {
  it('moves each lap on by whole days, dates and timestamps alike', () => {
    const laps = new FlightLaps(lines);
    expect(laps.flight(0)).toMatchObject({ timestamp: Date.UTC(2001, 0, 1, 0, 47), key: 'DTW' });
    expect(laps.flight(7)).toMatchObject({ timestamp: Date.UTC(2001, 0, 4, 0, 47), key: 'DTW' });
    expect(laps.flight(7)?.value).toBe('{"date":"2001/01/04 00:47","delay":0,"origin":"DTW"}');
    expect(laps.flight(6 + 7 * 100)?.value).toBe('{"date":"2001/10/30 10:00","delay":6,"origin":"HNL"}');
  });

  it('ends with the last year that a date can hold', () => {
    const laps = new FlightLaps(lines);
    const lapsTo9999 = Math.floor((Date.UTC(10_000, 0, 1) - Date.UTC(2001, 0, 1)) / (3 * 86_400_000));
    expect(laps.flight(7 * (lapsTo9999 - 1))).not.toBeNull();
    expect(laps.flight(7 * (lapsTo9999 + 2))).toBeNull();
  });
});

describe('FlightPlayer', () => {
  it('fills the topic with one lap, once', async () => {
    const log = new MemoryLog();
    await emptyTopic(log);
    await player(log).fill();
    await player(log).fill();
    expect(await count(log)).toBe(lines.length);
    await expectUnbroken(log, lines.length);
  });

  it('plays on lap after lap and stops between two flights', async () => {
    const log = new MemoryLog();
    await emptyTopic(log);
    const first = player(log);
    await first.fill();
    first.play();
    await until(async () => (await count(log)) > 60);
    await first.stop();
    const stood = await count(log);
    const second = player(log);
    await second.fill();
    expect(await count(log)).toBe(stood);
    second.play();
    await until(async () => (await count(log)) > stood + 60);
    await second.stop();
    await expectUnbroken(log, stood + 60);
  });

  it('leaves no gap and no duplicate when appends fail, before or after they took effect', async () => {
    let appends = 0;
    class FailingLog extends MemoryLog {
      override async append(given: readonly Append[]): Promise<CommitResult> {
        appends++;
        if (appends % 3 === 1) throw new LogError('io', 'not written');
        const result = await super.append(given);
        if (appends % 3 === 2) throw new LogError('unknown-outcome', 'written, but nobody heard');
        return result;
      }
    }
    const log = new FailingLog();
    await emptyTopic(log);
    // A crash is a player that is dropped: the next one knows only the log.
    while ((await count(log)) < 5 * lines.length) {
      const next = player(log);
      await next.fill().catch(() => undefined);
      next.play();
      const before = appends;
      await until(async () => appends > before);
      await next.stop();
    }
    await expectUnbroken(log, 5 * lines.length);
  });

  it('leaves no gap in any partition when each is appended to apart, and only some of those appends take effect', async () => {
    let appends = 0;
    class FailingLog extends MemoryLog {
      override async append(given: readonly Append[]): Promise<CommitResult> {
        expect(given).toHaveLength(1);
        appends++;
        if (appends % 4 === 1) throw new LogError('io', 'not written');
        return super.append(given);
      }
    }
    const log = new FailingLog();
    await emptyTopic(log);
    while ((await count(log)) < 5 * lines.length) {
      const next = player(log, 2_000, false);
      await next.fill().catch(() => undefined);
      next.play();
      const before = appends;
      await until(async () => appends > before + 1);
      await next.stop();
    }
    const laps = new FlightLaps(lines);
    for (const [partition, flights] of (await flightsOf(log)).entries()) {
      const expected: string[] = [];
      for (let number = 0; expected.length < flights.length; number++) {
        const flight = laps.flight(number);
        if (flight !== null && partitionFor(flight.key ?? '', 4) === partition) expected.push(String(flight.value));
      }
      expect(flights.map(({ timestamp, ...value }) => JSON.stringify(value))).toEqual(expected);
    }
  });
});
