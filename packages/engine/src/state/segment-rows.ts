import { KeyTable } from './key-table.ts';
import { ValueColumn } from './value-column.ts';

/** The keys of a segment and the columns of their rows. */
export class SegmentRows {
  readonly keys = new KeyTable();
  /** By row; bits, see segment.ts. */
  readonly marks: number[] = [];
  readonly timestamps: number[] = [];
  readonly values = new ValueColumn();
}

/**
 * Rows of segments that have gone. Windows come and go by the dozen a second where event time is fast, and each would grow its columns from
 * nothing, live just long enough to be moved among the old objects, and be garbage there, which is the dearest kind.
 */
const spare: SegmentRows[] = [];
let spareRows = 0;
/** Some 60 bytes each, without keys. */
const spareRowsMax = 200_000;
/** Room for keys that is kept for each row; a segment of longer ones is not kept. */
const keyBytesMax = 128;
const spareMax = 128;

/** Empty ones. */
export function takeRows(): SegmentRows {
  const taken = spare.pop();
  if (taken === undefined) return new SegmentRows();
  spareRows -= roomOf(taken);
  return taken;
}

/** For another segment: nobody reads these any more. */
export function giveBackRows(rows: SegmentRows): void {
  const room = roomOf(rows);
  if (spare.length >= spareMax || spareRows + room > spareRowsMax) return;
  if (rows.keys.roomBytes > Math.max(64, room) * keyBytesMax) return;
  rows.keys.clear();
  rows.values.clear();
  spare.push(rows);
  spareRows += room;
}

/** Rows that fit without growing. */
function roomOf({ marks }: SegmentRows): number {
  return marks.length;
}
