import { closedLog, LogError } from '@millrace/engine';
import { apiKeys } from '../codec/api-keys.ts';
import {
  decodeFindCoordinator,
  encodeFindCoordinator,
  findCoordinatorVersion,
} from '../codec/requests/find-coordinator.ts';
import { decodeMetadata, encodeMetadata, metadataVersion } from '../codec/requests/metadata.ts';
import { assertNoError } from '../kafka-error.ts';
import { brokerAddress, type KafkaSettings } from '../kafka-settings.ts';
import { abortedCall, onAbort } from './call-abort.ts';
import { KafkajsRpcConnection } from './kafkajs-connection.ts';
import type {
  CallOptions,
  ClusterView,
  CoordinatorKind,
  RequestBody,
  RpcTransport,
  TopicView,
} from './rpc-transport.ts';

/** Topics come and go and move; what was learnt of them is not believed for longer. */
const metadataAgeMs = 60_000;

const noVersions: ReadonlyMap<number, readonly [number, number]> = new Map();

/** The transport over kafkajs' connections: one a node and lane, made when it is needed, made anew when it broke. */
export class KafkajsTransport implements RpcTransport {
  readonly #settings: KafkaSettings;
  /** By node and lane. */
  readonly #connections = new Map<string, Promise<KafkajsRpcConnection>>();
  readonly #open = new Map<string, KafkajsRpcConnection>();
  readonly #versions = new Map<number, ReadonlyMap<number, readonly [number, number]>>();
  readonly #coordinators = new Map<string, Promise<number>>();
  #view: ClusterView = { clusterId: null, controller: -1, brokers: [], topics: new Map() };
  #viewReadMs = Number.NEGATIVE_INFINITY;
  #closed = false;

  constructor(settings: KafkaSettings) {
    this.#settings = settings;
  }

  async start(): Promise<void> {
    await this.#readMetadata([]);
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const connection of this.#open.values()) connection.break(closedLog());
    this.#connections.clear();
    this.#open.clear();
  }

  versions(node: number): ReadonlyMap<number, readonly [number, number]> {
    return this.#versions.get(node) ?? noVersions;
  }

  async connect(node: number): Promise<void> {
    await this.#connection(node, 'main');
  }

  async metadata(topics: readonly string[] | null, refresh = false): Promise<ClusterView> {
    const known = this.#view.topics;
    const isFresh = performance.now() - this.#viewReadMs < metadataAgeMs;
    if (!refresh && isFresh && topics?.every((topic) => known.has(topic))) return this.#view;
    return this.#readMetadata(topics);
  }

  coordinator(kind: CoordinatorKind, key: string): Promise<number> {
    const name = `${kind} ${key}`;
    let found = this.#coordinators.get(name);
    if (found === undefined) {
      found = this.#findCoordinator(kind, key);
      this.#coordinators.set(name, found);
      found.catch(() => this.#coordinators.delete(name));
    }
    return found;
  }

  forgetCoordinator(kind: CoordinatorKind, key: string): void {
    this.#coordinators.delete(`${kind} ${key}`);
  }

  address(node: number): string {
    const broker = this.#view.brokers.find((broker) => broker.node === node);
    return broker === undefined ? `node ${node}` : `${broker.host}:${broker.port}`;
  }

  async call(
    node: number,
    apiKey: number,
    apiVersion: number,
    body: RequestBody,
    options?: CallOptions,
  ): Promise<Uint8Array> {
    return this.callAndRead(node, apiKey, apiVersion, body, copied, options);
  }

  async callAndRead<T>(
    node: number,
    apiKey: number,
    apiVersion: number,
    body: RequestBody,
    read: (answer: Uint8Array) => T,
    { timeoutMs, signal, lane = 'main' }: CallOptions = {},
  ): Promise<T> {
    if (signal?.aborted) throw abortedCall();
    const answer = this.#connection(node, lane).then((connection) =>
      connection.call(apiKey, apiVersion, body, read, timeoutMs),
    );
    return signal === undefined ? answer : onAbort(answer, signal);
  }

  async #connection(node: number, lane: string): Promise<KafkajsRpcConnection> {
    if (this.#closed) throw closedLog();
    const broker = this.#view.brokers.find((broker) => broker.node === node);
    if (broker === undefined) {
      throw new LogError('unreachable', `Kafka broker ${node} is not part of the cluster at the moment.`, {
        retriable: true,
      });
    }
    const connection = await this.#connectionTo(broker.host, broker.port, lane);
    this.#versions.set(node, connection.versions);
    return connection;
  }

  #connectionTo(host: string, port: number, lane: string): Promise<KafkajsRpcConnection> {
    const name = `${host}:${port} ${lane}`;
    const open = this.#open.get(name);
    if (open !== undefined && !open.isUsable) {
      this.#open.delete(name);
      this.#connections.delete(name);
    }
    let connection = this.#connections.get(name);
    if (connection === undefined) {
      connection = this.#connect(name, host, port);
      this.#connections.set(name, connection);
      connection.catch(() => this.#connections.delete(name));
    }
    return connection;
  }

  async #connect(name: string, host: string, port: number): Promise<KafkajsRpcConnection> {
    const connection = await KafkajsRpcConnection.open(host, port, this.#settings);
    if (this.#closed) {
      connection.break(closedLog());
      throw closedLog();
    }
    this.#open.set(name, connection);
    return connection;
  }

  async #readMetadata(topics: readonly string[] | null): Promise<ClusterView> {
    const body = encodeMetadata(topics);
    const answer = await this.#callAny(apiKeys.metadata, metadataVersion, body);
    const view = decodeMetadata(answer);
    const merged = new Map<string, TopicView>(topics === null ? [] : this.#view.topics);
    for (const name of topics ?? []) merged.delete(name);
    // What does not exist, or is being elected, is asked for again the next time.
    for (const [name, topic] of view.topics) if (isSettled(topic)) merged.set(name, topic);
    this.#view = { ...view, topics: merged };
    this.#viewReadMs = performance.now();
    return { ...view, topics: new Map([...merged, ...view.topics]) };
  }

  /** Asks one broker after the other until one answers; the bootstrap brokers last, unless nothing else is known. */
  async #callAny(apiKey: number, apiVersion: number, body: Uint8Array): Promise<Uint8Array> {
    if (this.#closed) throw closedLog();
    const bootstrap = this.#settings.brokers.map(brokerAddress);
    const failures: LogError[] = [];
    const tried = new Set<string>();
    for (const { host, port } of [...this.#view.brokers, ...bootstrap]) {
      const address = `${host}:${port}`;
      if (tried.has(address)) continue;
      tried.add(address);
      try {
        const connection = await this.#connectionTo(host, port, 'main');
        return await connection.call(apiKey, apiVersion, body, copied);
      } catch (error) {
        if (!(error instanceof LogError) || error.code === 'closed' || error.code === 'wrong-credentials') throw error;
        failures.push(error);
      }
    }
    const [first] = failures;
    if (failures.length === 1 && first !== undefined) throw first;
    throw new LogError(
      'unreachable',
      `None of the Kafka brokers ${[...tried].join(', ')} can be reached. ${first?.message ?? ''}`.trim(),
      { retriable: true, cause: first },
    );
  }

  async #findCoordinator(kind: CoordinatorKind, key: string): Promise<number> {
    const body = encodeFindCoordinator(kind, key);
    const { error, message, node } = decodeFindCoordinator(
      await this.#callAny(apiKeys.findCoordinator, findCoordinatorVersion, body),
    );
    const of = kind === 'group' ? `the group ${key}` : `the transactional id ${key}`;
    assertNoError(error, `find the broker that keeps ${of}`, message, {
      // What has to be granted in any case, and says so of looking for the broker too.
      operation: kind === 'group' ? 'READ' : 'WRITE',
      on: of,
    });
    if (!this.#view.brokers.some((broker) => broker.node === node)) await this.#readMetadata([]);
    return node;
  }
}

/** A copy that is a part of nothing else. */
function copied(answer: Uint8Array): Uint8Array {
  return new Uint8Array(answer);
}

function isSettled(topic: TopicView): boolean {
  return (
    topic.error === 0 &&
    topic.partitions.length > 0 &&
    topic.partitions.every(({ error, leader }) => error === 0 && leader >= 0)
  );
}
