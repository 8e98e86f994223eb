import { encodeKey } from '../../../../log/key-format.ts';

/** A text whose order is the order of the key's bytes, as far as keys of one format go. */
export function keyOrder(key: unknown): string {
  if (typeof key === 'string') return encodeKey('string', key);
  if (typeof key === 'number') return encodeKey('double', key);
  return encodeKey('json', key);
}

/** Sorts by numbers or texts, the first ones first. */
export function by<Item>(...orders: ((item: Item) => number | string)[]): (left: Item, right: Item) => number {
  return (left, right) => {
    for (const order of orders) {
      const [one, other] = [order(left), order(right)];
      if (one < other) return -1;
      if (one > other) return 1;
    }
    return 0;
  };
}
