import { partitionFor } from '../log/partitioner.ts';
import type { ProducedRecord } from '../log/record-batch-builder.ts';
import { planTopology } from '../topology/plan-topology.ts';
import { topicCatalogue } from '../topology/topic-catalogue.ts';
import { sketch } from './pipeline-sketch.ts';
import { untypedTopic } from './topology-test-driver.ts';

export const windowMs = 10;
export const graceMs = 20;
export const retentionMs = 40;

/** All six kinds, an internal topic, a table that is filtered, and both kinds of aggregate. */
export const orderTopology = planTopology(
  sketch(
    'all',
    {
      orders: ['source', { topic: 'orders' }],
      big: ['filter', { condition: 'value.amount > 2' }],
      shops: ['source', { topic: 'shops', readAs: 'table' }],
      open: ['filter', { condition: 'value.open' }],
      joined: ['join', { type: 'left', value: '{ amount: left.amount, city: right?.city }' }],
      shaped: ['map', { value: '{ ...value, twice: value.amount * 2 }' }],
      totals: [
        'aggregate',
        {
          aggregations: [
            { name: 'n', function: 'count' },
            { name: 'twice', function: 'sum', value: 'value.twice' },
          ],
        },
      ],
      cities: [
        'aggregate',
        {
          by: 'value.city',
          window: 'tumbling',
          windowMs,
          graceMs,
          retentionMs,
          aggregations: [{ name: 'n', function: 'count' }],
        },
      ],
      'by-shop': ['sink', { topic: 'by-shop', partitions: 2 }],
      'by-city': ['sink', { topic: 'by-city', partitions: 3 }],
    },
    [
      'orders > big',
      'big > joined.left',
      'shops > open',
      'open > joined.right',
      'joined > shaped',
      'shaped > totals',
      'shaped > cities',
      'totals > by-shop',
      'cities > by-city',
    ],
  ),
  topicCatalogue([untypedTopic('orders', 2), untypedTopic('shops', 2)]),
);

export interface OrderInput {
  readonly topic: 'orders' | 'shops';
  readonly key: string | null;
  /** JSON text, anything for what cannot be read. */
  readonly value: string | null;
  /** -1 is no event time. */
  readonly timestamp: number;
}

const keys = ['a', 'b', 'c', 'é', 'a', 'b', 'c', 'é', 'a', 'b', 'c', null];
const amounts = Array.from({ length: 30 }, (_, at) => JSON.stringify({ amount: at % 10 }));
const orders = [...amounts, null, '{"amount":"x"}', '{"amount":', 'null', '{}'];
const shops = [true, false, true].flatMap((open) => ['X', 'Y', null].map((city) => JSON.stringify({ open, city })));
const shopValues = [...shops, null, '[', '{"open":1}'];

/** An input for any four whole numbers: mostly good records, some that cannot be read, and some that fail further down. */
export function orderInput([topic, key, value, time]: readonly [number, number, number, number]): OrderInput {
  const isShop = topic % 4 === 3;
  const values = isShop ? shopValues : orders;
  return {
    topic: isShop ? 'shops' : 'orders',
    key: keys[key % keys.length] ?? null,
    value: values[value % values.length] ?? null,
    timestamp: (time % 122) - 1,
  };
}

export function partitionOf({ key }: OrderInput): number {
  return key === null ? 0 : partitionFor(bytes(key), 2);
}

export function produced(input: OrderInput): ProducedRecord {
  return { key: input.key === null ? null : bytes(input.key), value: input.value, timestamp: input.timestamp };
}

function bytes(text: string): string {
  return String.fromCharCode(...new TextEncoder().encode(text));
}
