import type { Draft, Wire } from '../draft.ts';
import type { OrderFreedom } from '../scenario.ts';

/** A way to draw a pipeline. Gives how far its results depend on order. */
export interface Shape {
  readonly name: string;
  /** Whether its nodes keep anything in stores. */
  readonly isStateful: boolean;
  draw(draft: Draft): OrderFreedom;
}

/** Some stateless steps that keep the key, or none. */
export function refined(draft: Draft, from: Wire): Wire {
  const { random } = draft;
  let wire = from;
  for (let step = random.int(0, 2); step > 0; step--) {
    wire = random.chance(0.5)
      ? draft.add('filter', { condition: random.pick(conditions) }, wire)
      : draft.add('map', { value: random.pick(values) }, wire);
  }
  return wire;
}

/** The same for results of aggregates, which have a count `n`. */
export function refinedResults(draft: Draft, from: Wire): Wire {
  switch (draft.random.int(0, 3)) {
    case 0:
      return draft.add('filter', { condition: 'value.n > 1' }, from);
    case 1:
      return draft.add('map', { value: '{ ...value, n: value.n * 2 }' }, from);
    default:
      return from;
  }
}

/** Like the records that are joined, so that whatever takes those takes this. */
export const joinedValue =
  '{ n: left?.n, m: right?.n, k: left?.k ?? right?.k, s: left?.s ?? right?.s, list: left?.list ?? [] }';

/** The same, and then another key, so that records must move. */
export function reKeyed(draft: Draft, from: Wire): Wire {
  return draft.add('map', { key: draft.random.pick(keys) }, refined(draft, from));
}

export const conditions = [
  'value != null && value.n > 2',
  'value.n > 1',
  'value?.s != "x"',
  'value == null || value.n < 8',
];
export const values = [
  '{ ...value, n: value.n + 1 }',
  'value == null ? null : { n: value.n, k: value.k, s: "z", list: value.list }',
  'value',
];
export const keys = ['value.k', 'value?.k ?? ""', 'value?.s ?? "none"'];

export function aggregations(draft: Draft): readonly object[] {
  const all = [
    { name: 'records', function: 'count' },
    { name: 'some', function: 'count', value: 'value?.k' },
    { name: 'total', function: 'sum', value: 'value?.n' },
    { name: 'mean', function: 'avg', value: 'value?.n' },
    { name: 'least', function: 'min', value: 'value?.n' },
    { name: 'most', function: 'max', value: 'value?.s' },
    { name: 'first', function: 'first', value: 'value?.n' },
    { name: 'last', function: 'last', value: 'value?.s' },
  ];
  return [{ name: 'n', function: 'count' }, ...draft.random.shuffled(all).slice(0, draft.random.int(0, 3))];
}

/** A way to compute by expressions: with an initial value, or a reduction of the values themselves. */
export function custom(draft: Draft): object {
  if (draft.random.chance(0.4)) {
    return {
      compute: 'custom',
      initial: '',
      add: '{ ...aggregate, n: (aggregate?.n ?? 0) + (value?.n ?? 0) }',
      merge: '{ ...left, n: (left?.n ?? 0) + (right?.n ?? 0) }',
    };
  }
  return {
    compute: 'custom',
    initial: '{ n: 0, all: [] }',
    add: '{ n: aggregate.n + 1, all: [...aggregate.all, value?.n] }',
    merge: '{ n: left.n + right.n, all: [...left.all, ...right.all] }',
  };
}

/** A table of one kind or another, of values like those of the inputs. */
export function tableOf(draft: Draft): Wire {
  const { random } = draft;
  switch (random.int(0, 3)) {
    case 0:
      return draft.add('to-table', { rows: random.pick(['kept', 'when-needed']) }, refined(draft, draft.stream()));
    case 1:
      return draft.table();
    default:
      return refined(draft, draft.table());
  }
}
