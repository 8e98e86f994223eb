import { type CatalogueRecord, topicCatalogue } from '@millrace/engine';
import { describe, expect, it } from 'vitest';
import { keyName } from './type-text.ts';

const record = (key: unknown, value: unknown): CatalogueRecord => ({
  key,
  value,
  timestamp: 0,
  partition: 0,
  offset: 0,
});

function catalogueOf(latest: readonly CatalogueRecord[]) {
  const unknown = { kind: 'unknown' } as const;
  return topicCatalogue([
    { name: 'flights', partitions: 1, keyFormat: 'string', key: unknown, value: unknown, sampled: 1, latest },
  ]);
}

const pipeline = {
  nodes: [
    { id: 'flights', kind: 'source', name: 'flights', config: { topic: 'flights' } },
    { id: 'late', kind: 'filter', name: 'late', config: {} },
    { id: 'by-state', kind: 'aggregate', name: 'by-state', config: { by: 'value.airport.state' } },
  ],
  edges: [
    { from: 'flights.out', to: 'late.in' },
    { from: 'late.out', to: 'by-state.in' },
  ],
};

describe('the name of a key', () => {
  it('is the field that repeats it in all records of the topic, through nodes that keep it', () => {
    const catalogue = catalogueOf([
      record('SFO', { to: 'SFO', origin: 'SFO' }),
      record('LAX', { to: 'SFO', origin: 'LAX' }),
    ]);
    expect(keyName(pipeline, 'flights', catalogue)).toBe('origin');
    expect(keyName(pipeline, 'late', catalogue)).toBe('origin');
    expect(keyName(pipeline, 'by-state', catalogue)).toBe('state');
  });

  it('is unknown where no field repeats it, without records, and for null keys', () => {
    expect(keyName(pipeline, 'late', catalogueOf([record('SFO', { origin: 'LAX' })]))).toBeNull();
    expect(keyName(pipeline, 'late', catalogueOf([]))).toBeNull();
    expect(keyName(pipeline, 'late', catalogueOf([record(null, { origin: null })]))).toBeNull();
  });
});
