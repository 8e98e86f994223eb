import { StreamRecord } from './stream-record.ts';

/** A record on its way into a sink, with the partition that it shall lie in; null leaves that to its key. */
export class PlacedRecord extends StreamRecord {
  readonly partition: number | null;

  constructor(record: StreamRecord, partition: number | null) {
    super(record.key, record.value, record.timestamp, record.headers, record.window, record.old, record.isLatest);
    this.partition = partition;
  }
}
