import type { AbortSignalLike } from '@millrace/engine';

/** What a cluster looks like now; replaced as a whole whenever it is read anew. */
export interface ClusterView {
  readonly clusterId: string | null;
  /** The node that creates and deletes topics; -1 when the cluster does not know it. */
  readonly controller: number;
  readonly brokers: readonly BrokerAddress[];
  /** Of the topics asked for; one that does not exist has `error`. */
  readonly topics: ReadonlyMap<string, TopicView>;
}

export interface BrokerAddress {
  readonly node: number;
  readonly host: string;
  readonly port: number;
}

export interface TopicView {
  readonly name: string;
  /** Kafka's error code; 0 when there is none. */
  readonly error: number;
  /** Made by Kafka for its own needs (`__consumer_offsets` and the like). */
  readonly internal: boolean;
  /** By partition. */
  readonly partitions: readonly PartitionView[];
}

export interface PartitionView {
  readonly partition: number;
  readonly error: number;
  /** The node that takes writes and gives reads; -1 while none is elected. */
  readonly leader: number;
  /** Grows with every election; -1 when the broker does not tell. */
  readonly leaderEpoch: number;
}

export type CoordinatorKind = 'group' | 'transaction';

export interface CallOptions {
  /** How long to wait for the answer; for requests that wait at the broker (JoinGroup, Fetch), the wait plus some time. */
  readonly timeoutMs?: number | undefined;
  /** The caller no longer wants the answer: the call rejects; the request itself may still be carried out. */
  readonly signal?: AbortSignalLike | undefined;
  /**
   * Requests of one lane to one node share a connection, which a broker answers in order. Give what waits at the broker a lane of its own,
   * lest it hold up what comes behind it. Default: `main`.
   */
  readonly lane?: string | undefined;
}

/** A request without its header, in one part or in several that follow each other. Nobody changes them until the answer is there. */
export type RequestBody = Uint8Array | readonly Uint8Array[];

/**
 * Bytes to brokers and back: connections, TLS, sign-in, who leads what. All that knows how a connection is made is behind it.
 *
 * Calls reject with LogError: `unreachable` (retriable; the request may have been carried out), `wrong-credentials`, `closed`.
 */
export interface RpcTransport {
  /** Connects to the first bootstrap broker that answers. */
  start(): Promise<void>;
  close(): Promise<void>;
  /** The request versions that a node speaks, by API key. Known once the node was called, or from {@link RpcTransport.connect}. */
  versions(node: number): ReadonlyMap<number, readonly [min: number, max: number]>;
  /** Connects to a node, so that its versions are known. */
  connect(node: number): Promise<void>;
  /** `null` asks for all topics, always anew. Otherwise what is known serves, unless `refresh` or a topic is not known yet. */
  metadata(topics: readonly string[] | null, refresh?: boolean): Promise<ClusterView>;
  /** The node that keeps the group, or the transaction. Cached until it is forgotten. */
  coordinator(kind: CoordinatorKind, key: string): Promise<number>;
  /** After NOT_COORDINATOR, COORDINATOR_NOT_AVAILABLE or a lost connection. */
  forgetCoordinator(kind: CoordinatorKind, key: string): void;
  /** `host:port` of a node, for messages. */
  address(node: number): string;
  /**
   * Sends a request and gives the answer's body, after its header. `body` is the request without its header; for flexible versions (see
   * {@link isFlexible}) the header's tagged fields are added and taken off here.
   */
  call(node: number, apiKey: number, apiVersion: number, body: RequestBody, options?: CallOptions): Promise<Uint8Array>;
  /**
   * As {@link RpcTransport.call} for answers that are large: gives what `read` makes of the answer, which lies in memory that is used again
   * as soon as `read` returns. What `read` throws, the call rejects with.
   */
  callAndRead<T>(
    node: number,
    apiKey: number,
    apiVersion: number,
    body: RequestBody,
    read: (answer: Uint8Array) => T,
    options?: CallOptions,
  ): Promise<T>;
}
