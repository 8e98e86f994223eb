import { aggregations, joinedValue, keys, refined, refinedResults, reKeyed, type Shape } from './shape.ts';

/** Records go through, and nothing is kept. */
export const stateless: Shape = {
  name: 'stateless',
  isStateful: false,
  draw: (draft) => {
    draft.sink(refined(draft, draft.stream()));
    draft.sink(refined(draft, draft.stream()));
    return 'any order';
  },
};

export const aggregateByKey: Shape = {
  name: 'aggregate by key',
  isStateful: true,
  draw: (draft) => {
    const counted = draft.add('aggregate', { aggregations: aggregations(draft) }, refined(draft, draft.stream()));
    draft.sink(counted);
    return 'by key';
  },
};

export const aggregateByAnother: Shape = {
  name: 'aggregate by another key',
  isStateful: true,
  draw: (draft) => {
    const { random } = draft;
    const from = random.chance(0.5) ? reKeyed(draft, draft.stream()) : refined(draft, draft.stream());
    const by = random.chance(0.5) ? random.pick(keys) : '';
    const counted = draft.add('aggregate', { by, aggregations: aggregations(draft) }, from);
    draft.sink(refinedResults(draft, counted));
    return 'none';
  },
};

export const streamTableJoin: Shape = {
  name: 'stream-table join',
  isStateful: true,
  draw: (draft) => {
    const { random } = draft;
    const right = refined(draft, draft.table());
    const left = random.chance(0.3) ? reKeyed(draft, draft.stream()) : refined(draft, draft.stream());
    const joined = draft.add('join', { type: random.pick(['inner', 'left']), value: joinedValue }, { left, right });
    draft.sink(joined);
    if (random.chance(0.5)) {
      draft.sink(draft.add('aggregate', { by: random.pick(keys), aggregations: aggregations(draft) }, joined));
    }
    return 'none';
  },
};
