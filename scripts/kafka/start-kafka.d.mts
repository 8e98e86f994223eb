export interface KafkaOptions {
  /** Brokers in the cluster, each a controller too. Default 1. */
  nodes?: 1 | 3;
  /** Default 4.1.1. */
  version?: string;
  /** The first broker's port; the others take the next ones. Default: free ports. */
  port?: number;
  /** Where the data are kept. Default: a temporary directory that is removed at the end. */
  data?: string;
  /** More settings of the brokers, or other values. */
  properties?: Readonly<Record<string, string | number | boolean>>;
  /** More options of the Java that runs them. */
  jvm?: readonly string[];
  /**
   * Proxies that stand before the brokers, one a node: clients that come through one are told these ports of all brokers, so that they
   * never go around them. Where a proxy leads to stands in `portsBehindProxy`.
   */
  proxyPorts?: readonly number[];
  /**
   * Two more listeners, one with TLS and sign-in (PLAIN, SCRAM-SHA-256, SCRAM-SHA-512) and one with TLS alone; and access control: these
   * users, by name with their passwords, may do nothing until they are granted it. Who comes to `brokers` may do everything.
   */
  security?: { readonly users: Readonly<Record<string, string>> };
  /** Hears what takes long. */
  announce?: (what: string) => void;
}

export interface LocalKafka {
  /** Bootstrap addresses, separated by commas. */
  readonly brokers: string;
  /** Where proxies connect to, one a node; empty without them. */
  readonly portsBehindProxy: readonly number[];
  /** null without `security`. */
  readonly secure: SecureListeners | null;
  readonly version: string;
  readonly directory: string;
  /** Nodes are numbered from 1. null while it does not run. */
  pid(node: number): number | null;
  logFile(node: number): string;
  /** At once, as a loss of power would. */
  kill(node: number): Promise<void>;
  /** In order: leaders move first. */
  end(node: number): Promise<void>;
  pause(node: number): void;
  resume(node: number): void;
  /** Starts the node again on its port and its data, killing it first if it runs. */
  restart(node: number): Promise<void>;
  /** Ends all nodes and removes temporary data. */
  stop(): Promise<void>;
}

export interface SecureListeners {
  /** With TLS and sign-in. */
  readonly brokers: string;
  /** With TLS alone. */
  readonly tlsBrokers: string;
  /** The PEM text of who signed the brokers' certificate. */
  readonly ca: string;
  /** The one who may do everything. */
  readonly administrator: { readonly username: string; readonly password: string };
  /** The PEM text of somebody else's certificate. */
  strangeCa(): Promise<string>;
}

/**
 * Starts a local Apache Kafka (KRaft, no Docker) and resolves when every broker answers.
 * The brokers end with this process, however it ends. A KafkaProblem says what to do.
 */
export function startKafka(options?: KafkaOptions): Promise<LocalKafka>;
