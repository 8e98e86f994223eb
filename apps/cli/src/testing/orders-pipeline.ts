/** Orders: filtered, made smaller, counted by customer in windows of a minute, and written as they are counted. */
export function ordersPipeline(
  changes: {
    readonly condition?: string;
    readonly nodes?: readonly unknown[];
    readonly edges?: readonly unknown[];
  } = {},
) {
  return {
    formatVersion: 1,
    id: 'orders',
    name: 'Orders',
    nodes: [
      { id: 'orders', kind: 'source', name: 'orders in', config: { topic: 'orders' } },
      { id: 'large', kind: 'filter', name: 'large', config: { condition: changes.condition ?? 'value.amount >= 10' } },
      { id: 'small', kind: 'map', name: 'small', config: { value: '{ amount: value.amount }' } },
      {
        id: 'counted',
        kind: 'aggregate',
        name: 'counted',
        config: {
          window: 'tumbling',
          windowMs: 60_000,
          aggregations: [
            { name: 'orders', function: 'count' },
            { name: 'total', function: 'sum', value: 'value.amount' },
          ],
        },
      },
      { id: 'out', kind: 'sink', name: 'out', config: { topic: 'totals', partitions: 2 } },
      ...(changes.nodes ?? []),
    ],
    edges: [
      { from: 'orders.out', to: 'large.in' },
      { from: 'large.out', to: 'small.in' },
      { from: 'small.out', to: 'counted.in' },
      { from: 'counted.out', to: 'out.in' },
      ...(changes.edges ?? []),
    ],
  };
}

export const orders = [
  { key: 'ann', value: { amount: 12 }, timestamp: 1_000 },
  { key: 'bob', value: { amount: 3 }, timestamp: 2_000 },
  { key: 'ann', value: { amount: 30 }, timestamp: 59_999 },
  { key: 'cat', value: { amount: 10 }, timestamp: 60_000 },
  { key: 'ann', value: { amount: 1.5e1 }, timestamp: 61_000, headers: { trace: 'é', none: null } },
  { key: 'bob', value: { amount: 11 }, timestamp: 30_000 },
  { key: 'dot', value: { amount: 'many' }, timestamp: 62_000 },
];
