import {
  type CatalogueTopic,
  describeTopology,
  planTopology,
  topicCatalogue,
  validatePipeline,
} from '@millrace/engine';
import { formatValueType } from '@millrace/expression';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, realPlaces, ServerUnderTest } from '../testing/server-under-test.ts';
import { ExampleLibrary } from './example-library.ts';

let server: ServerUnderTest;
beforeAll(async () => {
  server = await new ServerUnderTest({ examples: true, examplesSpeed: 200 }).start();
});
afterAll(() => server.remove());

describe('example topics', { timeout: 30_000 }, () => {
  it('are filled, keyed and typed', async () => {
    const topics = await server.overHttp().topics.catalogue.query();
    const flights = topics.find(({ name }) => name === 'flights');
    const airports = topics.find(({ name }) => name === 'airports');
    expect(flights).toMatchObject({ partitions: 4, keyFormat: 'string', key: { kind: 'string' }, sampled: 200 });
    expect(flights && formatValueType(flights.value, 9)).toBe('{date, delay, distance, origin, destination}');
    expect(flights?.value).toMatchObject({
      fields: ['string', 'number', 'number', 'string', 'string'].map((kind) => ({ type: { kind }, optional: false })),
    });
    expect(airports && formatValueType(airports.value, 9)).toBe(
      '{iata, name, city, state, country, latitude, longitude}',
    );
    const listed = await server.overHttp().topics.list.query();
    expect(listed.find(({ name }) => name === 'airports')?.records).toBe(3376);
    expect(listed.map(({ role }) => role)).not.toContain('control');
  });

  it('play on, the newest flight dated after the recorded ones', async () => {
    await eventually(async () => {
      const flights = (await server.overHttp().topics.list.query()).find(({ name }) => name === 'flights');
      return flights !== undefined && flights.records > 20_050;
    });
    const [newest] = await server.overHttp().topics.newest.query({ topic: 'flights', limit: 1 });
    expect(newest?.timestamp).toBeGreaterThanOrEqual(Date.UTC(2001, 3, 1));
    expect(newest?.value).toMatchObject({ date: expect.stringMatching(/^2001\/04\/\d\d \d\d:\d\d$/) });
  });

  it('are not filled again after a restart', async () => {
    await server.stop();
    await server.start();
    const airports = (await server.overHttp().topics.list.query()).find(({ name }) => name === 'airports');
    expect(airports?.records).toBe(3376);
  });
});

describe('example pipelines', { timeout: 30_000 }, () => {
  it('are free of problems on their topics, and plan', async () => {
    const topics = await server.overHttp().topics.catalogue.query();
    // On the wire a key or value that is undefined is absent; these records have both.
    const catalogue = topicCatalogue(topics as readonly CatalogueTopic[]);
    const library = ExampleLibrary.read(realPlaces.examplesDirectory);
    const ids = library.list().map(({ id }) => id);
    const nexmark = Array.from({ length: 23 }, (_, query) => `nexmark-q${query}`);
    expect(ids).toEqual(['flight-delays', 'busy-routes', ...nexmark]);
    for (const id of ids) {
      const pipeline = library.pipeline(id);
      expect(validatePipeline(pipeline, catalogue).diagnostics).toEqual([]);
      const topology = planTopology(pipeline, catalogue);
      if (nexmark.includes(id)) continue;
      expect(describeTopology(topology)).toContain('Sub-topology: 1');
      expect(topology.topics.filter(({ role }) => role === 'repartition')).toMatchObject([{ partitions: 4 }]);
    }
  });
});
