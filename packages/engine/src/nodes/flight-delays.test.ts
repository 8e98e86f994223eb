import { describe, expect, it } from 'vitest';
import { missingFates } from '../metrics/fates.ts';
import { type Pipeline, pipelineSchema } from '../pipeline/document.ts';
import { TopologyTestDriver, untypedTopic } from '../testing/topology-test-driver.ts';
import { describeTopology } from '../topology/describe-topology.ts';

const pipeline: Pipeline = pipelineSchema.parse({
  formatVersion: 1,
  id: 'delays',
  name: 'Delays',
  nodes: [
    {
      id: 'flights',
      kind: 'source',
      name: 'flights',
      config: { topic: 'flights', timestampFrom: 'field', timestampField: 'date' },
    },
    { id: 'late', kind: 'filter', name: 'late', config: { condition: 'value.delay > 15' } },
    { id: 'airports', kind: 'source', name: 'airports', config: { topic: 'airports', readAs: 'table' } },
    { id: 'join', kind: 'join', name: 'join', config: { type: 'inner', value: '{ ...left, airport: right }' } },
    {
      id: 'by-state',
      kind: 'aggregate',
      name: 'by-state',
      config: {
        by: 'value.airport.state',
        window: 'tumbling',
        windowMs: 3_600_000,
        graceMs: 600_000,
        aggregations: [
          { name: 'flights', function: 'count' },
          { name: 'average', function: 'avg', value: 'value.delay' },
          { name: 'greatest', function: 'max', value: 'value.delay' },
        ],
      },
    },
    { id: 'out', kind: 'sink', name: 'out', config: { topic: 'delays-by-state', partitions: 2 } },
  ],
  edges: [
    { from: 'flights.out', to: 'late.in' },
    { from: 'late.out', to: 'join.left' },
    { from: 'airports.out', to: 'join.right' },
    { from: 'join.out', to: 'by-state.in' },
    { from: 'by-state.out', to: 'out.in' },
  ],
});
const topics = [untypedTopic('flights', 4), untypedTopic('airports', 4)];

describe('the flights pipeline', () => {
  it('is planned as two sub-topologies that meet in a repartition topic', () => {
    const driver = new TopologyTestDriver(pipeline, topics);
    expect(describeTopology(driver.topology)).toMatchInlineSnapshot(`
      "Topologies:
         Sub-topology: 0
          Source: airports.source (topics: [airports])
            --> airports
          Source: flights (topics: [flights])
            --> late
          Processor: airports (stores: [delays-airports-store])
            --> join
            <-- airports.source
          Processor: late (stores: [])
            --> join
            <-- flights
          Processor: join (stores: [delays-airports-store])
            --> by-state.key
            <-- airports, late
          Processor: by-state.key (stores: [])
            --> by-state.repartition-sink
            <-- join
          Sink: by-state.repartition-sink (topic: by-state-repartition)
            <-- by-state.key

        Sub-topology: 1
          Source: by-state.repartition-source (topics: [by-state-repartition])
            --> by-state
          Processor: by-state (stores: [delays-by-state-store])
            --> out
            <-- by-state.repartition-source
          Sink: out (topic: delays-by-state)
            <-- by-state
      "
    `);
  });

  it('counts and averages late flights by state and hour, and accounts for every record', () => {
    const driver = new TopologyTestDriver(pipeline, topics);
    for (const [code, state] of [
      ['SFO', 'CA'],
      ['LAX', 'CA'],
      ['JFK', 'NY'],
    ]) {
      driver.pipe('airports', { key: code, value: { code, state }, timestamp: 0 });
    }
    const flight = (origin: string, date: string, delay: number): void =>
      driver.pipe('flights', { key: origin, value: { date, delay, origin }, timestamp: 5 });
    flight('SFO', '2001/01/10 18:20', 20);
    flight('LAX', '2001/01/10 18:40', 40);
    flight('JFK', '2001/01/10 18:50', 15); // not late
    flight('XXX', '2001/01/10 18:50', 90); // no such airport
    flight('JFK', '2001/01/10 19:09', 100);
    flight('SFO', '2001/01/10 18:30', 30); // out of order, within grace
    flight('SFO', '2001/01/10 23:30', 60);
    flight('LAX', '2001/01/10 18:59', 60); // its window has closed, if California shares a task with 23:30
    driver.pipe('flights', { key: 'SFO', value: { date: 'soon', delay: 60, origin: 'SFO' }, timestamp: 5 });
    driver.pipe('flights', { key: 'SFO', value: { date: '2001/01/11 00:00', origin: 'SFO' }, timestamp: 5 });
    const hour = Date.UTC(2001, 0, 10, 18);
    const outputs = driver.read('delays-by-state', 'json');
    expect(outputs.map((output) => [(output.key as { key: string }).key, output.value])).toEqual([
      ['CA', { flights: 1, average: 20, greatest: 20 }],
      ['CA', { flights: 2, average: 30, greatest: 40 }],
      ['NY', { flights: 1, average: 100, greatest: 100 }],
      ['CA', { flights: 3, average: 30, greatest: 40 }],
      ['CA', { flights: 1, average: 60, greatest: 60 }],
    ]);
    expect(outputs[0]?.key).toEqual({ key: 'CA', start: hour, end: hour + 3_600_000 });
    expect(outputs[3]?.timestamp).toBe(Date.UTC(2001, 0, 10, 18, 40));
    const counters = driver.run.counters();
    for (const [node, counts] of counters) expect([node, missingFates(counts)]).toEqual([node, 0]);
    expect(counters.get('late')).toMatchObject({ in: 9, filtered: 1, forwarded: 7, failed: 1 });
    expect(counters.get('flights')).toMatchObject({ in: 10, failed: 1 });
    expect(counters.get('join')).toMatchObject({ filtered: 1 });
    expect(counters.get('by-state')).toMatchObject({ in: 6, late: 1, forwarded: 5, droppedWindows: 1 });
    const letters = driver.written.filter((record) => record.topic === 'delays-dead-letters');
    expect(letters).toHaveLength(2);
    expect(driver.rows('delays-by-state-store').map((row) => [row.key, row.window?.start, row.value])).toEqual([
      ['CA', Date.UTC(2001, 0, 10, 23), { flights: 1, average: 60, greatest: 60 }],
      ['NY', Date.UTC(2001, 0, 10, 19), { flights: 1, average: 100, greatest: 100 }],
      ['CA', hour, { flights: 3, average: 30, greatest: 40 }],
    ]);
  });
});
