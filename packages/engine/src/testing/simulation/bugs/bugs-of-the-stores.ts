import type { StoreTable, TaskStores } from '../../../state/store-table.ts';
import type { Mutation } from '../simulate.ts';
import type { SeededBug } from './seeded-bug.ts';

function storesWith(change: (stores: TaskStores) => Partial<TaskStores>): Mutation {
  return {
    stores: (stores) => {
      const changed = change(stores);
      return {
        table: (store): StoreTable => stores.table(store),
        position: (store) => changed.position?.(store) ?? stores.position(store),
        write: (slices) => changed.write?.(slices) ?? stores.write(slices),
        clear: (names) => stores.clear(names),
        close: () => stores.close(),
      };
    },
  };
}

export const bugsOfTheStores: readonly SeededBug[] = [
  {
    name: 'a store is not restored beyond its last flush',
    shows: 'aggregate',
    mutation: storesWith((stores) => {
      let isFirst = true;
      return {
        write: (slices) => {
          const first = isFirst;
          isFirst = false;
          return stores.write(first ? slices.map((slice) => ({ ...slice, changes: [] })) : slices);
        },
      };
    }),
  },
  {
    name: 'segments that were dropped stay on the disk',
    shows: 'tumbling',
    mutation: storesWith((stores) => ({
      write: (slices) => stores.write(slices.map((slice) => ({ ...slice, droppedSegments: [] }))),
    })),
  },
  {
    name: 'a flush loses its last change',
    shows: 'aggregate',
    mutation: storesWith((stores) => ({
      write: (slices) => stores.write(slices.map((slice) => ({ ...slice, changes: slice.changes.slice(0, -1) }))),
    })),
  },
  {
    name: 'rows that were deleted stay on the disk',
    shows: 'table',
    mutation: storesWith((stores) => ({
      write: (slices) =>
        stores.write(
          slices.map((slice) => ({ ...slice, changes: slice.changes.filter(({ value }) => value !== null) })),
        ),
    })),
  },
];
