import type { ValueType } from '@millrace/expression';
import { numberType, stringType, unknownType } from '../node-expression.ts';

/** What people, auctions and bids have in common. */
const common = { type: stringType, dateTime: numberType, extra: stringType };

/** What only some of them have. */
const own = [
  ['id', 'name', 'emailAddress', 'creditCard', 'city', 'state'],
  ['itemName', 'description', 'initialBid', 'reserve', 'expires', 'seller', 'category'],
  ['auction', 'bidder', 'price', 'channel', 'url'],
].flat();

/**
 * A person, an auction or a bid. Which of the three it is shows only when the record is there, and behind a filter on `type` its fields
 * are; so those that not all have are of unknown type, and not ones that may be null wherever they are read.
 */
export const nexmarkType: ValueType = {
  kind: 'object',
  open: false,
  fields: [
    ...Object.entries(common).map(([name, type]) => ({ name, type, optional: false })),
    ...own.map((name) => ({ name, type: unknownType, optional: false })),
  ],
};
