import { joinedValue, refined, refinedResults, reKeyed, type Shape, tableOf } from './shape.ts';

const types = ['inner', 'left', 'outer'] as const;

export const streamStreamJoin: Shape = {
  name: 'stream-stream join',
  isStateful: true,
  draw: (draft) => {
    const { random } = draft;
    const type = random.pick(types);
    // A row that fails when it is given up takes the record with it that came then.
    draft.isClean = type !== 'inner';
    const left = random.chance(0.3) ? reKeyed(draft, draft.stream()) : refined(draft, draft.stream());
    const joined = draft.add(
      'join',
      {
        type,
        value: joinedValue,
        beforeMs: random.pick([0, 5, 20]),
        afterMs: random.pick([0, 5, 20]),
        graceMs: random.pick([0, 5, 40]),
      },
      { left, right: refined(draft, draft.stream()) },
    );
    draft.sink(refined(draft, joined));
    return 'none';
  },
};

export const tableTableJoin: Shape = {
  name: 'table-table join',
  isStateful: true,
  draw: (draft) => {
    const { random } = draft;
    const joined = draft.add(
      'join',
      { type: random.pick(types), value: joinedValue },
      { left: tableOf(draft), right: tableOf(draft) },
    );
    draft.sink(random.chance(0.5) ? joined : draft.add('to-stream', {}, joined));
    return 'none';
  },
};

export const windowedTableJoin: Shape = {
  name: 'join of windowed tables',
  isStateful: true,
  draw: (draft) => {
    const { random } = draft;
    const window = random.pick([
      { window: 'tumbling', windowMs: 10, graceMs: 10 },
      { window: 'session', windowMs: 6, graceMs: 10 },
    ]);
    const counted = () =>
      draft.add(
        'aggregate',
        { ...window, aggregations: [{ name: 'n', function: 'count' }] },
        refined(draft, draft.stream()),
      );
    const joined = draft.add(
      'join',
      { type: random.pick(types), value: '{ n: left?.n, m: right?.n }' },
      { left: counted(), right: counted() },
    );
    draft.sink(joined);
    return 'none';
  },
};

/** Results of one aggregate, gathered again by another, over two more topics. */
export const gatheredAgain: Shape = {
  name: 'aggregate of aggregates',
  isStateful: true,
  draw: (draft) => {
    const { random } = draft;
    const first = draft.add(
      'aggregate',
      {
        by: 'value?.s ?? "none"',
        aggregations: [
          { name: 'n', function: 'count' },
          { name: 'k', function: 'last', value: 'value?.k' },
        ],
      },
      refined(draft, draft.stream()),
    );
    const again = { aggregations: [{ name: 'n', function: 'sum', value: 'value.n' }] };
    if (random.chance(0.5)) {
      draft.isClean = true;
      draft.sink(draft.add('aggregate', { by: 'value.k ?? ""', ...again }, first));
    } else {
      const changes = draft.add('to-stream', {}, first);
      draft.sink(
        draft.add(
          'aggregate',
          { by: 'value.k ?? ""', window: 'tumbling', windowMs: 20, graceMs: 20, ...again },
          changes,
        ),
      );
    }
    return 'none';
  },
};

export const globalJoin: Shape = {
  name: 'global join',
  isStateful: false,
  draw: (draft) => {
    const { random } = draft;
    const joined = draft.add(
      'join',
      {
        type: random.pick(['inner', 'left']),
        value: joinedValue,
        globalKey: random.pick(['', 'value.k', 'value?.k']),
      },
      { left: refined(draft, draft.stream()), right: draft.globalTable() },
    );
    draft.sink(joined);
    return 'by key';
  },
};

export const tableAggregate: Shape = {
  name: 'aggregate of a table',
  isStateful: true,
  draw: (draft) => {
    // What failed to be added would be taken away all the same when its row changes.
    draft.isClean = true;
    const { random } = draft;
    const computed = random.chance(0.4)
      ? {
          compute: 'custom',
          initial: '{ n: 0, sum: 0 }',
          add: '{ n: aggregate.n + 1, sum: aggregate.sum + (value?.n ?? 0) }',
          subtract: '{ n: aggregate.n - 1, sum: aggregate.sum - (value?.n ?? 0) }',
        }
      : {
          aggregations: [
            { name: 'n', function: 'count' },
            { name: 'sum', function: 'sum', value: 'value?.n' },
            { name: 'mean', function: 'avg', value: 'value?.n' },
          ],
        };
    const by = random.pick(['value?.s ?? "none"', 'value.k', 'key']);
    draft.sink(refinedResults(draft, draft.add('aggregate', { by, ...computed }, tableOf(draft))));
    return 'none';
  },
};

export const suppressed: Shape = {
  name: 'suppress',
  isStateful: true,
  draw: (draft) => {
    const { random } = draft;
    const isWindowed = random.chance(0.5);
    const window = random.pick([
      { window: 'tumbling', windowMs: 10 },
      { window: 'hopping', windowMs: 10, advanceMs: 4 },
      { window: 'session', windowMs: 5 },
    ]);
    const table = isWindowed
      ? draft.add(
          'aggregate',
          { ...window, graceMs: random.pick([0, 8]), aggregations: [{ name: 'n', function: 'count' }] },
          refined(draft, draft.stream()),
        )
      : tableOf(draft);
    const until = isWindowed && random.chance(0.7) ? 'window-close' : 'time';
    const limit = until === 'time' && random.chance(0.4) ? { maxRecords: random.int(1, 4), whenFull: 'emit' } : {};
    draft.sink(draft.add('suppress', { until, waitMs: until === 'time' ? random.pick([5, 20]) : 0, ...limit }, table));
    return 'none';
  },
};

export const foreignKeyJoin: Shape = {
  name: 'foreign-key join',
  isStateful: true,
  draw: (draft) => {
    const { random } = draft;
    const joined = draft.add(
      'join',
      {
        type: random.pick(['inner', 'left']),
        value: joinedValue,
        foreignKey: random.pick(['value.k', 'value?.s ?? "a"']),
      },
      { left: tableOf(draft), right: tableOf(draft) },
    );
    draft.sink(random.chance(0.7) ? joined : draft.add('filter', { condition: 'value.n != 3' }, joined));
    return 'none';
  },
};

export const versionedTableJoin: Shape = {
  name: 'join with a versioned table',
  isStateful: true,
  draw: (draft) => {
    const { random } = draft;
    const historyMs = random.pick([10, 60, 1000]);
    const graceMs = random.pick([0, 5, historyMs]);
    draft.isClean = graceMs > 0;
    const table = draft.table({ historyMs, rows: 'kept' });
    const joined = draft.add(
      'join',
      { type: random.pick(['inner', 'left']), value: joinedValue, graceMs },
      { left: refined(draft, draft.stream()), right: random.chance(0.7) ? table : refined(draft, table) },
    );
    draft.sink(joined);
    if (random.chance(0.3)) draft.sink(draft.add('to-stream', {}, table));
    return 'none';
  },
};
