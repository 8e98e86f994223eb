import type { Draft } from '../draft.ts';
import { aggregations, custom, keys, refined, refinedResults, type Shape } from './shape.ts';

/** An aggregate in windows of a kind, with some computation. */
function windowed(draft: Draft, window: object): void {
  const { random } = draft;
  const computed = random.chance(0.3) ? custom(draft) : { aggregations: aggregations(draft) };
  const results = draft.add(
    'aggregate',
    {
      by: random.chance(0.3) ? random.pick(keys) : '',
      graceMs: random.pick([0, 5, 40]),
      retentionMs: random.pick([1, 100, 1000]),
      emit: random.pick(['update', 'update', 'close']),
      ...window,
      ...computed,
    },
    refined(draft, draft.stream()),
  );
  if (random.chance(0.3)) draft.sink(draft.add('to-stream', { key: 'key' }, results));
  draft.sink(refinedResults(draft, results));
}

export const tumbling: Shape = {
  name: 'tumbling windows',
  isStateful: true,
  draw: (draft) => {
    const windowMs = draft.random.pick([1, 10, 25]);
    const offsetMs = draft.random.pick([0, 0, Math.floor(windowMs / 3)]);
    draft.beginsLater = offsetMs > 0;
    windowed(draft, { window: 'tumbling', windowMs, offsetMs });
    return 'none';
  },
};

export const hopping: Shape = {
  name: 'hopping windows',
  isStateful: true,
  draw: (draft) => {
    const windowMs = draft.random.pick([5, 10, 24]);
    windowed(draft, { window: 'hopping', windowMs, advanceMs: draft.random.int(2, windowMs) });
    return 'none';
  },
};

export const sliding: Shape = {
  name: 'sliding windows',
  isStateful: true,
  draw: (draft) => {
    windowed(draft, { window: 'sliding', windowMs: draft.random.pick([3, 10, 30]) });
    return 'none';
  },
};

export const session: Shape = {
  name: 'session windows',
  isStateful: true,
  draw: (draft) => {
    windowed(draft, { window: 'session', windowMs: draft.random.pick([2, 5, 15]) });
    return 'none';
  },
};

export const cogroup: Shape = {
  name: 'cogroup',
  isStateful: true,
  draw: (draft) => {
    const { random } = draft;
    const window = random.pick([
      {},
      { window: 'tumbling', windowMs: 10, graceMs: 5 },
      { window: 'session', windowMs: 5, graceMs: 5 },
      { window: 'sliding', windowMs: 8, graceMs: 5 },
    ]);
    const count = random.int(2, 3);
    const inputs = Array.from({ length: count }, (_, index) => ({
      by: random.chance(0.3) ? 'value.k' : '',
      add: `{ n: aggregate.n + 1, last: ${index} }`,
    }));
    const wires = Object.fromEntries(inputs.map((_, index) => [`in-${index + 1}`, refined(draft, draft.stream())]));
    draft.sink(
      draft.add(
        'cogroup',
        { inputs, initial: '{ n: 0, last: -1 }', merge: '{ n: left.n + right.n, last: right.last }', ...window },
        wires,
      ),
    );
    return 'none';
  },
};
