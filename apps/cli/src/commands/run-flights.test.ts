import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Binary } from '../testing/binary.ts';

const example = fileURLToPath(new URL('../../../../examples/flight-delays/', import.meta.url));
const hourMs = 3_600_000;

let millrace: Binary;
beforeAll(async () => {
  millrace = await Binary.build();
}, 60_000);
afterAll(() => millrace.remove());

interface Flight {
  readonly date: string;
  readonly delay: number;
  readonly origin: string;
}

/** The same question answered in plain code, from the same files, without anything of the engine. */
async function delaysByStateAndHour(): Promise<
  ReadonlyMap<string, { flights: number; averageDelay: number; greatestDelay: number }>
> {
  const stateOf = new Map<string, string>();
  for (const { value } of await readLines('airports.ndjson')) {
    const { iata, state } = value as { iata: string; state: string };
    stateOf.set(iata, state);
  }
  const delays = new Map<string, number[]>();
  for (const { value } of await readLines('flights.ndjson')) {
    const { date, delay, origin } = value as unknown as Flight;
    const state = stateOf.get(origin);
    if (delay <= 15 || state === undefined) continue;
    const time = Date.parse(`${date.replaceAll('/', '-').replace(' ', 'T')}Z`);
    const at = `${state} ${Math.floor(time / hourMs) * hourMs}`;
    delays.set(at, [...(delays.get(at) ?? []), delay]);
  }
  return new Map(
    [...delays].map(([at, all]) => [
      at,
      {
        flights: all.length,
        averageDelay: all.reduce((sum, delay) => sum + delay, 0) / all.length,
        greatestDelay: Math.max(...all),
      },
    ]),
  );
}

async function readLines(file: string): Promise<{ readonly value: unknown }[]> {
  const text = await readFile(join(example, file), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

it.each(['1', '4'])('runs the flights example over %s partitions to what plain code computes', async (partitions) => {
  const outcome = await millrace.run(
    'run',
    join(example, 'flight-delays.pipeline.json'),
    '--input',
    `flights=${join(example, 'flights.ndjson')}`,
    '--input',
    `airports=${join(example, 'airports.ndjson')}`,
    '--partitions',
    partitions,
    '--output',
    `flights-${partitions}`,
    '--stores',
  );
  expect(outcome).toMatchObject({ exitCode: 0 });
  const expected = await delaysByStateAndHour();
  expect(expected.size).toBeGreaterThan(1000);

  const last = new Map<string, unknown>();
  const lines = await millrace.lines(`flights-${partitions}/delays-by-state.ndjson`);
  for (const { key, window, value } of lines) last.set(`${key} ${(window as { start: number }).start}`, value);
  expect(last).toEqual(expected);
  expect(lines).toHaveLength([...expected.values()].reduce((sum, { flights }) => sum + flights, 0));

  // The store keeps the windows of the last day.
  const rows = await millrace.lines(`flights-${partitions}/flight-delays-by-state-store.store.ndjson`);
  expect(rows.length).toBeGreaterThan(10);
  for (const { key, window, value } of rows)
    expect(value).toEqual(expected.get(`${key} ${(window as { start: number }).start}`));
});
