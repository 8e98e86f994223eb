import { bidsOf, type Inputs } from '../auction-house.ts';
import { type ExpectedOutput, everyRecord } from '../expected-output.ts';

/** The prices bid for every 123rd auction. */
export function q02(inputs: Inputs): ExpectedOutput {
  const wanted = bidsOf(inputs).filter(({ value }) => Number.isInteger(value.auction / 123));
  return everyRecord(
    wanted.map(({ key, at, value: { auction, price } }) => ({ key, value: { auction, price }, timestamp: at })),
  );
}
