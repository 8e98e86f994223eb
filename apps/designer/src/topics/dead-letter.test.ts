import { expect, it } from 'vitest';
import { readDeadLetter } from './dead-letter.ts';

const record = { key: 'DTW', value: { delay: null }, timestamp: 0, partition: 2, offset: 7 };

it('reads node, cause and source from the headers', () => {
  const headers = {
    'millrace.node': 'delayed-only',
    'millrace.port': 'in',
    'millrace.message': 'delay is null',
    'millrace.source': 'flights-2@2744103',
    own: 'x',
  };
  expect(readDeadLetter({ ...record, headers })).toEqual({
    node: 'delayed-only',
    port: 'in',
    message: 'delay is null',
    source: 'flights-2@2744103',
  });
});

it('is null for a record without a cause', () => {
  expect(readDeadLetter(record)).toBeNull();
  expect(readDeadLetter({ ...record, headers: { own: 'x' } })).toBeNull();
});
