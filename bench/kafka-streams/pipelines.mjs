// The jobs of src/main/java/millrace/bench/Jobs.java as pipeline documents.

/** The jobs' names, in the order of the tables. */
export const jobs = ['pass-through', 'map', 'count', 'join'];

/** The pipeline document of a job between these topics. */
export function pipelineOf(job, { id, input, table, output, partitions, guarantee, commitIntervalMs }) {
  const bids = source('bids', input, 'stream');
  const results = {
    id: 'results',
    kind: 'sink',
    name: 'results',
    config: { topic: output, partitions },
  };
  const { nodes, edges } = {
    'pass-through': () => chain(bids, results),
    map: () =>
      chain(
        bids,
        node('in-euros', 'map', {
          value:
            '{ auction: value.auction, bidder: value.bidder, price: 0.908 * value.price, dateTime: value.dateTime, extra: value.extra }',
        }),
        results,
      ),
    count: () =>
      chain(
        bids,
        node('dear', 'filter', { condition: 'value.price > 100' }),
        node('small', 'map', { value: '{ auction: value.auction, price: value.price, big: value.price > 5000 }' }),
        node('not-too-dear', 'filter', { condition: 'value.price < 9000' }),
        node('by-auction', 'aggregate', {
          by: '',
          window: 'tumbling',
          windowMs: 10_000,
          graceMs: 4_000,
          retentionMs: 60_000,
          aggregations: [{ name: 'bids', function: 'count', value: '' }],
        }),
        results,
      ),
    join: () => ({
      nodes: [
        bids,
        source('auctions', table, 'table'),
        node('with-item', 'join', {
          type: 'inner',
          value: '{ auction: left.auction, price: left.price, item: right.item, seller: right.seller }',
        }),
        results,
      ],
      edges: [
        { from: 'bids.out', to: 'with-item.left' },
        { from: 'auctions.out', to: 'with-item.right' },
        { from: 'with-item.out', to: 'results.in' },
      ],
    }),
  }[job]();
  return {
    formatVersion: 1,
    id,
    name: `Bench: ${job}`,
    description: 'The same job as a Kafka Streams program.',
    nodes,
    edges,
    settings: { guarantee, commitIntervalMs, errorPolicy: 'fail' },
  };
}

function source(id, topic, readAs) {
  return node(id, 'source', { topic, readAs, keyFormat: 'string', timestampFrom: 'record' });
}

function node(id, kind, config) {
  return { id, kind, name: id, config };
}

function chain(...nodes) {
  return {
    nodes,
    edges: nodes.slice(1).map((next, index) => ({ from: `${nodes[index].id}.out`, to: `${next.id}.in` })),
  };
}
