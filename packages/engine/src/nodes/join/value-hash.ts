import { murmur3 } from '@millrace/expression';
import { shownValue } from '../../json/json-value.ts';
import { sortedJson } from '../../log/key-format.ts';

const encoder = new TextEncoder();

/**
 * 128 bits that tell JSON values apart. Of what a value is and not of how it is written: a row that is made of another one may be written
 * differently each time it is looked up.
 */
export function valueHash(value: unknown): string {
  return murmur3(encoder.encode(sortedJson(shownValue(value))));
}
