import { aggregations, conditions, keys, refined, type Shape } from './shape.ts';

/** Branches, merges, lists taken apart, new keys: everything that keeps nothing. */
export const rerouted: Shape = {
  name: 'branch and merge',
  isStateful: false,
  draw: (draft) => {
    const { random } = draft;
    const first = refined(draft, draft.stream());
    const branched = draft.add(
      'branch',
      {
        branches: [
          { name: 'small', condition: 'value?.n < 4' },
          { name: 'x', condition: random.pick(conditions) },
        ],
        otherwise: true,
      },
      first,
    );
    const taken = draft.add(
      'flat-map',
      { items: 'value?.list ?? []', key: random.pick(['', 'string(value)']) },
      `${branched}.small`,
    );
    const merged = draft.add(
      'merge',
      { inputs: 2 },
      { 'in-1': `${branched}.x`, 'in-2': refined(draft, draft.stream()) },
    );
    draft.sink(taken);
    draft.sink(`${branched}.otherwise`);
    draft.sink(draft.add('re-key', { key: random.pick(keys) }, merged));
    return 'any order';
  },
};

export const repartitioned: Shape = {
  name: 'repartition',
  isStateful: true,
  draw: (draft) => {
    const { random } = draft;
    const moved = draft.add(
      'repartition',
      { key: random.pick(['', ...keys]), partitions: random.pick([0, 1, 3]) },
      refined(draft, draft.stream()),
    );
    const table = draft.add('to-table', { rows: random.pick(['kept', 'when-needed']) }, moved);
    draft.sink(refined(draft, table));
    draft.sink(draft.add('aggregate', { aggregations: aggregations(draft) }, moved));
    return 'none';
  },
};

export const deduplicated: Shape = {
  name: 'dedupe',
  isStateful: true,
  draw: (draft) => {
    const { random } = draft;
    const by = random.pick(['', 'value?.n', 'value.k']);
    draft.sink(draft.add('dedupe', { by, windowMs: random.pick([5, 30]) }, refined(draft, draft.stream())));
    return 'none';
  },
};
