import { paymentWithinMs, windowMs } from './input.ts';

/** The topics of a campaign's round; `prefix` tells rounds apart. */
export function topicsOf(prefix: string) {
  return {
    customers: `${prefix}-customers`,
    orders: `${prefix}-orders`,
    payments: `${prefix}-payments`,
    passed: `${prefix}-passed`,
    totals: `${prefix}-totals`,
    paid: `${prefix}-paid`,
    changelog: `${prefix}-by-region-store-changelog`,
  };
}

/** No record of a round may be late, whatever happened to its worker: a round spans less event time than this. */
const graceMs = 900_000;

/** A stateful pipeline: a table join, a repartition with a windowed aggregate that names its last input, a join of two streams. */
export function campaignPipeline(prefix: string, partitions: number, commitIntervalMs: number) {
  const topics = topicsOf(prefix);
  const source = (id: string, topic: string, readAs: 'stream' | 'table') =>
    node(id, 'source', { topic, readAs, keyFormat: 'string', timestampFrom: 'record' });
  const sink = (id: string, topic: string) => node(id, 'sink', { topic, partitions });
  return {
    formatVersion: 1,
    id: prefix,
    name: 'Orders under faults',
    description: 'Orders meet their customers, are summed by region, and meet their payments.',
    nodes: [
      source('orders', topics.orders, 'stream'),
      source('customers', topics.customers, 'table'),
      source('payments', topics.payments, 'stream'),
      node('with-region', 'join', { type: 'inner', value: '{ ...left, region: right.region }' }),
      sink('passed', topics.passed),
      node('by-region', 'aggregate', {
        by: 'value.region',
        byFormat: 'string',
        window: 'tumbling',
        windowMs,
        graceMs,
        retentionMs: 2 * graceMs,
        compute: 'custom',
        initial: '{ count: 0, sum: 0 }',
        add: '{ count: aggregate.count + 1, sum: aggregate.sum + value.amount, last: value.id }',
      }),
      sink('totals', topics.totals),
      node('with-payment', 'join', {
        type: 'inner',
        value: '{ order: left.id, payment: right.id, amount: left.amount }',
        beforeMs: paymentWithinMs,
        afterMs: paymentWithinMs,
        graceMs,
        leftKey: 'value.id',
        rightKey: 'value.order',
        keyFormat: 'string',
      }),
      sink('paid', topics.paid),
    ],
    edges: [
      { from: 'orders.out', to: 'with-region.left' },
      { from: 'customers.out', to: 'with-region.right' },
      { from: 'with-region.out', to: 'passed.in' },
      { from: 'with-region.out', to: 'by-region.in' },
      { from: 'by-region.out', to: 'totals.in' },
      { from: 'orders.out', to: 'with-payment.left' },
      { from: 'payments.out', to: 'with-payment.right' },
      { from: 'with-payment.out', to: 'paid.in' },
    ],
    settings: { guarantee: 'exactly-once', commitIntervalMs, errorPolicy: 'fail' },
  };
}

function node(id: string, kind: string, config: { readonly [name: string]: unknown }) {
  return { id, kind, name: id, config };
}
