import { aggregations, joinedValue, keys, refinedResults, type Shape, tableOf } from './shape.ts';

/** Tables whose changes wait for the commit, one behind another. The cache never overflows, so that only commits decide. */
export const cachedTables: Shape = {
  name: 'cached tables',
  isStateful: true,
  draw: (draft) => {
    const { random } = draft;
    draft.isClean = true;
    draft.settings = { ...draft.settings, cacheBytes: 100_000_000 };
    switch (random.int(0, 3)) {
      case 0:
        draft.sink(draft.add('aggregate', { aggregations: aggregations(draft) }, draft.stream()));
        break;
      case 1: {
        const window = random.pick(['tumbling', 'session', 'sliding']);
        const config = {
          window,
          windowMs: 10,
          graceMs: 10,
          by: random.pick(['', ...keys]),
          aggregations: aggregations(draft),
        };
        draft.sink(refinedResults(draft, draft.add('aggregate', config, draft.stream())));
        break;
      }
      case 2:
        draft.sink(
          draft.add('join', { type: 'left', value: joinedValue }, { left: tableOf(draft), right: tableOf(draft) }),
        );
        break;
      default:
        draft.sink(
          draft.add(
            'aggregate',
            { by: 'value?.s ?? "none"', aggregations: [{ name: 'n', function: 'count' }] },
            tableOf(draft),
          ),
        );
    }
    return 'none';
  },
};
