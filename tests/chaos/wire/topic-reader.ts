import { Reader, Writer } from './bytes.ts';
import { api, BrokerError, type Cluster } from './cluster.ts';
import { readBatches, type WireBatch, type WireRecord } from './record-batch.ts';

export interface ReadRecord extends WireRecord {
  readonly partition: number;
}

/** Reads one partition in its order, committed records only. */
export class PartitionReader {
  readonly #cluster: Cluster;
  readonly #topic: string;
  readonly #partition: number;
  position: number;

  constructor(cluster: Cluster, topic: string, partition: number, position = 0) {
    this.#cluster = cluster;
    this.#topic = topic;
    this.#partition = partition;
    this.position = position;
  }

  /** What comes next; the position moves past everything that was looked at, markers and aborted records too. */
  async poll(maxWaitMs: number): Promise<ReadRecord[]> {
    const { batches, aborted } = await this.#fetch(maxWaitMs);
    const open = new Set<bigint>();
    const toCome = aborted.toSorted((a, b) => a.firstOffset - b.firstOffset);
    const records: ReadRecord[] = [];
    for (const batch of batches) {
      while (toCome[0] !== undefined && toCome[0].firstOffset <= batch.lastOffset)
        open.add((toCome.shift() as Aborted).producerId);
      if (batch.marker === 'abort') open.delete(batch.producerId);
      const isAborted = batch.isTransactional && open.has(batch.producerId);
      if (!isAborted) {
        for (const record of batch.records)
          if (record.offset >= this.position) records.push({ ...record, partition: this.#partition });
      }
      this.position = Math.max(this.position, batch.lastOffset + 1);
    }
    return records;
  }

  #fetch(maxWaitMs: number): Promise<{ batches: WireBatch[]; aborted: Aborted[] }> {
    return this.#cluster.toLeader(this.#topic, this.#partition, async (connection) => {
      const body = new Writer()
        .int32(-1)
        .int32(maxWaitMs)
        .int32(1)
        .int32(4 * 1024 * 1024)
        .int8(1);
      body.int32(1).string(this.#topic).int32(1).int32(this.#partition);
      body.int64(BigInt(this.position)).int32(4 * 1024 * 1024);
      const answer = new Reader(await connection.request(api.fetch, 4, body.end()));
      answer.int32();
      answer.int32();
      answer.string();
      answer.int32();
      answer.int32();
      const code = answer.int16();
      if (code !== 0) throw new BrokerError(code, `reading ${this.#topic}-${this.#partition}`);
      answer.int64();
      answer.int64();
      const aborted = answer.array(() => ({ producerId: answer.int64(), firstOffset: Number(answer.int64()) }));
      return { batches: readBatches(answer.bytes()), aborted };
    });
  }
}

interface Aborted {
  readonly producerId: bigint;
  readonly firstOffset: number;
}

/** All committed records of a topic up to its present end, a partition after the other. */
export async function readTopic(cluster: Cluster, topic: string): Promise<ReadRecord[]> {
  const records: ReadRecord[] = [];
  const partitions = await cluster.partitionsOf(topic);
  for (let partition = 0; partition < partitions; partition++) {
    const end = await cluster.endOffset(topic, partition, 'committed');
    const reader = new PartitionReader(cluster, topic, partition);
    while (reader.position < end) records.push(...(await reader.poll(100)));
  }
  return records;
}
