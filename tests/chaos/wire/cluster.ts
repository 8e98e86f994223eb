import { Reader, Writer } from './bytes.ts';
import { Connection } from './connection.ts';

/** Kafka's numbers of the requests that the campaign sends itself. */
export const api = {
  produce: 0,
  fetch: 1,
  listOffsets: 2,
  metadata: 3,
  offsetFetch: 9,
  findCoordinator: 10,
  createTopics: 19,
  deleteTopics: 20,
  initProducerId: 22,
  addPartitionsToTxn: 24,
  endTxn: 26,
} as const;

const retryMs = 200;
/** Longer than a broker takes to come back. */
const giveUpMs = 45_000;

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** A broker's refusal, by Kafka's number. */
export class BrokerError extends Error {
  readonly code: number;

  constructor(code: number, what: string) {
    super(`The broker refused (${code}): ${what}`);
    this.code = code;
  }
}

/** The brokers of a cluster: who leads which partition, and connections that are made again when they break. */
export class Cluster {
  readonly #seeds: readonly Address[];
  readonly #connections = new Map<string, Promise<Connection>>();
  #nodes = new Map<number, Address>();
  #leaders = new Map<string, number[]>();

  constructor(brokers: string) {
    this.#seeds = brokers.split(',').map((address) => {
      const [host = '', port = ''] = address.split(':');
      return { host, port: Number(port) };
    });
  }

  /** How many partitions a topic has; 0 if there is no such topic. */
  async partitionsOf(topic: string): Promise<number> {
    await this.#refresh(topic);
    return this.#leaders.get(topic)?.length ?? 0;
  }

  /** Asks the leader of a partition, and again, elsewhere if need be, until `ask` is content. */
  toLeader<T>(topic: string, partition: number, ask: (connection: Connection) => Promise<T>): Promise<T> {
    return this.#persist(async (again) => {
      if (again || !this.#leaders.has(topic)) await this.#refresh(topic);
      const leader = this.#nodes.get(this.#leaders.get(topic)?.[partition] ?? -1);
      if (leader === undefined) throw new Error(`${topic}-${partition} has no leader.`);
      return ask(await this.#connect(leader));
    });
  }

  /** Asks the coordinator of a group (0) or a transactional id (1). */
  toCoordinator<T>(kind: 0 | 1, key: string, ask: (connection: Connection) => Promise<T>): Promise<T> {
    return this.#persist(async () => ask(await this.#connect(await this.#findCoordinator(kind, key))));
  }

  /** Where the coordinator is at the moment. */
  coordinatorOf(kind: 0 | 1, key: string): Promise<Address> {
    return this.#persist(() => this.#findCoordinator(kind, key));
  }

  async createTopic(topic: string, partitions: number, replicas: number): Promise<void> {
    await this.#persist(async () => {
      const body = new Writer().int32(1).string(topic).int32(partitions).int16(replicas).int32(0).int32(1);
      body.string('retention.ms').string('-1').int32(10_000).int8(0);
      const answer = new Reader(await (await this.#anyone()).request(api.createTopics, 2, body.end()));
      answer.int32();
      answer.int32();
      answer.string();
      const code = answer.int16();
      const alreadyThere = 36;
      if (code !== 0 && code !== alreadyThere) throw new BrokerError(code, `the topic ${topic}`);
    });
    await this.#persist(async () => {
      if ((await this.partitionsOf(topic)) !== partitions) throw new Error(`${topic} is not there yet.`);
    });
  }

  /** The names of all topics that begin so. */
  topicsNamed(prefix: string): Promise<string[]> {
    return this.#persist(async () => {
      const answer = new Reader(await (await this.#anyone()).request(api.metadata, 1, new Writer().int32(-1).end()));
      readBrokers(answer);
      return readTopics(answer)
        .map(({ name }) => name)
        .filter((name) => name.startsWith(prefix));
    });
  }

  /** What is gone already needs no deleting. */
  async deleteTopics(topics: readonly string[]): Promise<void> {
    await this.#persist(async () => {
      const body = new Writer();
      body.array(topics, (topic) => body.string(topic)).int32(10_000);
      const answer = new Reader(await (await this.#anyone()).request(api.deleteTopics, 1, body.end()));
      answer.int32();
      const codes = answer.array(() => ({ topic: answer.string(), code: answer.int16() }));
      const unknownTopic = 3;
      for (const { topic, code } of codes)
        if (code !== 0 && code !== unknownTopic) throw new BrokerError(code, `deleting ${topic}`);
    });
  }

  /** Where the leader of a partition is at the moment. */
  leaderOf(topic: string, partition: number): Promise<Address> {
    return this.#persist(async () => {
      await this.#refresh(topic);
      const leader = this.#nodes.get(this.#leaders.get(topic)?.[partition] ?? -1);
      if (leader === undefined) throw new Error(`${topic}-${partition} has no leader.`);
      return leader;
    });
  }

  /** The end of a partition: of what is committed, or of all that is written. */
  endOffset(topic: string, partition: number, isolation: 'committed' | 'written'): Promise<number> {
    return this.toLeader(topic, partition, async (connection) => {
      const body = new Writer().int32(-1).int8(isolation === 'committed' ? 1 : 0);
      body.int32(1).string(topic).int32(1).int32(partition).int64(-1n);
      const answer = new Reader(await connection.request(api.listOffsets, 2, body.end()));
      answer.int32();
      answer.int32();
      answer.string();
      answer.int32();
      answer.int32();
      const code = answer.int16();
      if (code !== 0) throw new BrokerError(code, `the end of ${topic}-${partition}`);
      answer.int64();
      return Number(answer.int64());
    });
  }

  /** What a group has committed of a topic, by partition; −1 for nothing. */
  committedOffsets(group: string, topic: string, partitions: number): Promise<number[]> {
    return this.toCoordinator(0, group, async (connection) => {
      const wanted = Array.from({ length: partitions }, (_, partition) => partition);
      const body = new Writer().string(group).int32(1).string(topic);
      body.array(wanted, (partition) => body.int32(partition));
      const answer = new Reader(await connection.request(api.offsetFetch, 2, body.end()));
      const offsets = new Array<number>(partitions).fill(-1);
      answer.array(() => {
        answer.string();
        answer.array(() => {
          offsets[answer.int32()] = Number(answer.int64());
          answer.string();
          answer.int16();
        });
      });
      const code = answer.int16();
      if (code !== 0) throw new BrokerError(code, `the positions of ${group}`);
      return offsets;
    });
  }

  async close(): Promise<void> {
    const all = [...this.#connections.values()];
    this.#connections.clear();
    for (const opening of await Promise.allSettled(all)) if (opening.status === 'fulfilled') opening.value.close();
  }

  async #refresh(topic: string): Promise<void> {
    const body = new Writer().int32(1).string(topic);
    const answer = new Reader(await (await this.#anyone()).request(api.metadata, 1, body.end()));
    this.#nodes = readBrokers(answer);
    for (const { code, name, leaders } of readTopics(answer)) if (code === 0) this.#leaders.set(name, leaders);
  }

  async #findCoordinator(kind: 0 | 1, key: string): Promise<Address> {
    const body = new Writer().string(key).int8(kind).end();
    const answer = new Reader(await (await this.#anyone()).request(api.findCoordinator, 1, body));
    answer.int32();
    const code = answer.int16();
    answer.string();
    answer.int32();
    const address = { host: answer.string(), port: answer.int32() };
    if (code !== 0) throw new BrokerError(code, `the coordinator of ${key}`);
    return address;
  }

  async #anyone(): Promise<Connection> {
    let last: unknown;
    for (const address of [...this.#seeds, ...this.#nodes.values()]) {
      try {
        return await this.#connect(address);
      } catch (error) {
        last = error;
      }
    }
    throw last;
  }

  async #connect({ host, port }: Address): Promise<Connection> {
    const address = `${host}:${port}`;
    const known = await this.#connections.get(address);
    if (known !== undefined && !known.isBroken) return known;
    const opening = Connection.open(host, port);
    this.#connections.set(address, opening);
    opening.catch(() => this.#connections.delete(address));
    return opening;
  }

  async #persist<T>(ask: (again: boolean) => Promise<T>): Promise<T> {
    const untilMs = performance.now() + giveUpMs;
    for (let again = false; ; again = true) {
      try {
        return await ask(again);
      } catch (error) {
        if (performance.now() > untilMs || isOurs(error) || (error instanceof BrokerError && isFinal(error.code)))
          throw error;
        await new Promise((resolve) => setTimeout(resolve, retryMs));
      }
    }
  }
}

/** Of an answer to a Metadata request: the brokers by number. */
function readBrokers(answer: Reader): Map<number, Address> {
  const nodes = answer.array((): [number, Address] => {
    const id = answer.int32();
    const address = { host: answer.string(), port: answer.int32() };
    answer.string();
    return [id, address];
  });
  answer.int32(); // the controller
  return new Map(nodes);
}

/** What follows the brokers: of each topic, who leads its partitions. */
function readTopics(answer: Reader): { readonly code: number; readonly name: string; readonly leaders: number[] }[] {
  return answer.array(() => {
    const code = answer.int16();
    const name = answer.string();
    answer.int8();
    const leaders: number[] = [];
    answer.array(() => {
      answer.int16();
      const partition = answer.int32();
      leaders[partition] = answer.int32();
      answer.array(() => answer.int32());
      answer.array(() => answer.int32());
    });
    return { code, name, leaders };
  });
}

/** A mistake in this program, which time does not mend. */
function isOurs(error: unknown): boolean {
  return error instanceof ReferenceError || error instanceof TypeError || error instanceof RangeError;
}

/** Refusals that asking again does not change: offset out of range, message too large, fenced or foreign producers. */
function isFinal(code: number): boolean {
  return [1, 10, 45, 47, 48, 49, 90].includes(code);
}
