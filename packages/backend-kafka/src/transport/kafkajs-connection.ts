import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import { LogError } from '@millrace/engine';
import { apiKeys, isFlexible } from '../codec/api-keys.ts';
import { MalformedResponseError, Reader } from '../codec/reader.ts';
import { Writer } from '../codec/writer.ts';
import { errorFacts } from '../kafka-error.ts';
import type { KafkaSettings } from '../kafka-settings.ts';
import { connectFramed } from './framed-socket.ts';
import type { RequestBody } from './rpc-transport.ts';

/** The part of kafkajs 2.2.4 that is used: a socket with TLS, SASL and answers by correlation id. The version is pinned; a test keeps this. */
interface KafkajsConnectionLike {
  connect(): Promise<unknown>;
  disconnect(): Promise<unknown>;
  isConnected(): boolean;
  isAuthenticated(): boolean;
  authenticate(): Promise<void>;
  setVersions(versions: Record<number, { minVersion: number; maxVersion: number }>): void;
  setSupportAuthenticationProtocol(isSupported: boolean): void;
  nextCorrelationId(): number;
  rejectRequests(error: Error): void;
  processData(data: Uint8Array): void;
  readonly socket?: Socket;
  readonly requestQueue: {
    push(request: {
      readonly entry: {
        readonly apiKey: number;
        readonly apiName: string;
        readonly apiVersion: number;
        readonly correlationId: number;
        resolve(answer: { readonly payload: Uint8Array }): void;
        reject(error: unknown): void;
      };
      readonly expectResponse: boolean;
      readonly requestTimeout: number | null;
      sendRequest(): void;
    }): void;
    fulfillRequest(answer: {
      readonly correlationId: number;
      readonly size: number;
      readonly payload: Uint8Array;
    }): void;
    readonly pending: readonly unknown[];
    scheduleCheckPendingRequests(): void;
  };
}

const require = createRequire(import.meta.url);
const KafkajsConnection = require('kafkajs/src/network/connection.js') as new (
  options: object,
) => KafkajsConnectionLike;

/** kafkajs writes what it meets to the console; what matters of it comes to us as errors. */
const silent = {
  namespace: (): object => silent,
  info: nothing,
  error: nothing,
  warn: nothing,
  debug: nothing,
};

const connectTimeoutMs = 10_000;
const signInTimeoutMs = 10_000;
const defaultCallTimeoutMs = 30_000;

/** One connection to one broker. It is used until it breaks; nobody mends it. */
export class KafkajsRpcConnection {
  readonly address: string;
  readonly versions: ReadonlyMap<number, readonly [min: number, max: number]>;
  readonly #connection: KafkajsConnectionLike;
  readonly #clientId: Uint8Array;
  readonly #signsIn: boolean;
  #broken: LogError | null = null;
  /** A broker that wants a sign-in closes the connection on the first request without one. */
  #hasAnswered = false;

  private constructor(
    address: string,
    connection: KafkajsConnectionLike,
    versions: ReadonlyMap<number, readonly [number, number]>,
    settings: KafkaSettings,
  ) {
    this.address = address;
    this.versions = versions;
    this.#connection = connection;
    this.#clientId = new TextEncoder().encode(clientIdOf(settings));
    this.#signsIn = (settings.sasl ?? null) !== null;
  }

  /** @throws LogError `unreachable`, `wrong-credentials` or `unsupported` */
  static async open(host: string, port: number, settings: KafkaSettings): Promise<KafkajsRpcConnection> {
    const address = `${host}:${port}`;
    const raw = new KafkajsConnection({
      host,
      port,
      logger: silent,
      socketFactory: connectFramed,
      ...socketOptions(settings),
      clientId: clientIdOf(settings),
      connectionTimeout: connectTimeoutMs,
      requestTimeout: defaultCallTimeoutMs,
      enforceRequestTimeout: false,
    });
    stopIdleTimer(raw);
    takeWholeAnswers(raw);
    try {
      await raw.connect();
      raw.socket?.setNoDelay(true);
    } catch (error) {
      raw.socket?.destroy();
      throw connectFailure(address, error, settings);
    }
    const probe = new KafkajsRpcConnection(address, raw, new Map(), settings);
    try {
      const versions = await probe.#send(apiKeys.apiVersions, 0, [], readVersions, signInTimeoutMs);
      raw.setVersions(
        Object.fromEntries([...versions].map(([key, [minVersion, maxVersion]]) => [key, { minVersion, maxVersion }])),
      );
      raw.setSupportAuthenticationProtocol(versions.has(apiKeys.saslAuthenticate));
      const connection = new KafkajsRpcConnection(address, raw, versions, settings);
      await connection.#signIn();
      return connection;
    } catch (error) {
      probe.break(probe.#lost(error));
      throw signInFailure(address, error, settings);
    }
  }

  get isUsable(): boolean {
    return this.#broken === null && this.#connection.isConnected();
  }

  /**
   * What `read` makes of the answer's body, which is used again once it returns. When the answer does not come in time the connection is
   * given up, since a later answer would be nobody's.
   */
  async call<T>(
    apiKey: number,
    apiVersion: number,
    body: RequestBody,
    read: (answer: Uint8Array) => T,
    timeoutMs?: number,
  ): Promise<T> {
    if (this.#broken !== null) throw this.#broken;
    if (this.#signsIn && !this.#connection.isAuthenticated()) await this.#signIn();
    return this.#send(apiKey, apiVersion, body, read, timeoutMs ?? defaultCallTimeoutMs);
  }

  /** Rejects all that is under way with the error, and ends. */
  break(error: LogError): void {
    if (this.#broken !== null) return;
    this.#broken = error;
    this.#connection.rejectRequests(error);
    // It waits for requests under way, of which there are none now; what goes wrong while closing concerns nobody.
    void this.#connection.disconnect().catch(nothing);
    this.#connection.socket?.destroy();
  }

  async #signIn(): Promise<void> {
    await withTimeout(this.#connection.authenticate(), signInTimeoutMs, () => {
      this.break(new LogError('unreachable', `Kafka broker ${this.address} did not answer the sign-in.`));
    });
  }

  #send<T>(
    apiKey: number,
    apiVersion: number,
    body: RequestBody,
    read: (answer: Uint8Array) => T,
    timeoutMs: number,
  ): Promise<T> {
    const connection = this.#connection;
    const { socket } = connection;
    if (socket === undefined || !connection.isConnected()) return Promise.reject(this.#lost(null));
    const parts = body instanceof Uint8Array ? [body] : body;
    return new Promise<T>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.break(
          new LogError('unreachable', `Kafka broker ${this.address} did not answer within ${timeoutMs} ms.`, {
            retriable: true,
          }),
        );
      }, timeoutMs);
      const correlationId = connection.nextCorrelationId();
      const flexible = isFlexible(apiKey, apiVersion);
      const settleError = (error: unknown): void => {
        clearTimeout(timer);
        reject(error instanceof LogError ? error : this.#lost(error));
      };
      connection.requestQueue.push({
        entry: {
          apiKey,
          apiName: '',
          apiVersion,
          correlationId,
          resolve: ({ payload }) => {
            clearTimeout(timer);
            this.#hasAnswered = true;
            // The header of a flexible answer ends with its tagged fields, which no broker uses yet.
            const skipped = flexible ? 1 : 0;
            try {
              resolve(read(payload.subarray(skipped)));
            } catch (error) {
              reject(error);
            }
          },
          reject: settleError,
        },
        expectResponse: true,
        requestTimeout: null,
        sendRequest: () => {
          const header = new Writer(64 + this.#clientId.byteLength);
          const headerLength = 4 + 2 + 2 + 4 + 2 + this.#clientId.byteLength + (flexible ? 1 : 0);
          header
            .int32(headerLength - 4 + parts.reduce((sum, { byteLength }) => sum + byteLength, 0))
            .int16(apiKey)
            .int16(apiVersion)
            .int32(correlationId);
          header.int16(this.#clientId.byteLength).raw(this.#clientId);
          if (flexible) header.noTags();
          socket.cork();
          socket.write(header.finish());
          for (const part of parts) socket.write(part);
          socket.uncork();
        },
      });
    });
  }

  #lost(error: unknown): LogError {
    const hint =
      this.#hasAnswered || this.#signsIn
        ? ''
        : ' Check whether it wants a sign-in (KAFKA_SASL_MECHANISM and the like).';
    return (
      this.#broken ??
      new LogError('unreachable', `The connection to Kafka broker ${this.address} was lost.${hint}`, {
        retriable: true,
        cause: error ?? undefined,
      })
    );
  }
}

function clientIdOf(settings: KafkaSettings): string {
  return settings.clientId ?? 'millrace';
}

function socketOptions({ tls, sasl }: KafkaSettings): object {
  return {
    ssl:
      tls === null || tls === undefined
        ? null
        : {
            ...(tls.ca === undefined ? {} : { ca: tls.ca }),
            ...(tls.certificate === undefined ? {} : { cert: tls.certificate }),
            ...(tls.key === undefined ? {} : { key: tls.key }),
            ...(tls.serverName === undefined ? {} : { servername: tls.serverName }),
          },
    // A copy for each connection: kafkajs notes its sign-in procedure there.
    sasl: sasl === null || sasl === undefined ? null : { ...sasl },
  };
}

/** kafkajs looks every millisecond whether there are requests that wait for a quota to end; now only while there are. */
function stopIdleTimer({ requestQueue }: KafkajsConnectionLike): void {
  const schedule = requestQueue.scheduleCheckPendingRequests.bind(requestQueue);
  requestQueue.scheduleCheckPendingRequests = () => {
    if (requestQueue.pending.length > 0) schedule();
  };
}

/**
 * kafkajs puts answers together as they come in, and copies them for it; here each comes as a whole, and is ours. While it signs in it has
 * requests of its own, whose answers it keeps.
 */
function takeWholeAnswers(connection: KafkajsConnectionLike): void {
  const processData = connection.processData.bind(connection);
  const authenticate = connection.authenticate.bind(connection);
  let signIns = 0;
  connection.authenticate = async () => {
    signIns++;
    try {
      await authenticate();
    } finally {
      signIns--;
    }
  };
  connection.processData = (frame) => {
    if (signIns > 0) {
      processData(Buffer.from(frame));
      return;
    }
    const reader = new Reader(frame);
    const size = reader.int32();
    const correlationId = reader.int32();
    const payload = frame.subarray(frame.byteLength - reader.left);
    connection.requestQueue.fulfillRequest({ correlationId, size, payload });
  };
}

function readVersions(body: Uint8Array): Map<number, readonly [number, number]> {
  const reader = new Reader(body);
  const error = reader.int16();
  if (error !== 0) throw new LogError('unsupported', errorFacts(error).message);
  return new Map(reader.array(() => [reader.int16(), [reader.int16(), reader.int16()] as const] as const));
}

const tlsTrouble = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_GET_ISSUER_CERT',
  'CERT_HAS_EXPIRED',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

function connectFailure(address: string, error: unknown, settings: KafkaSettings): LogError {
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (typeof code === 'string' && tlsTrouble.has(code)) {
    return new LogError(
      'unreachable',
      `The certificate of Kafka broker ${address} is not trusted (${code}). Give the authority that signed it (KAFKA_TLS_CA), or the name that it bears (KAFKA_TLS_SERVER_NAME).`,
      { cause: error },
    );
  }
  const why = typeof code === 'string' ? code : String(message ?? 'no reason given');
  const hint = (settings.tls ?? null) === null ? '' : ' TLS is on: check that this port of the broker speaks TLS.';
  return new LogError(
    'unreachable',
    `Kafka broker ${address} cannot be reached (${why}). Check host and port, and that the broker runs.${hint}`,
    { retriable: true, cause: error },
  );
}

function signInFailure(address: string, error: unknown, settings: KafkaSettings): LogError {
  if (error instanceof MalformedResponseError) {
    return new LogError('unsupported', `${address} does not answer as a Kafka broker does. Check host and port.`);
  }
  const { name, type } = error as { name?: unknown; type?: unknown };
  const sasl = settings.sasl ?? null;
  const isRefused = String(name).includes('SASL') || /SASL|AUTHENTICATION/.test(String(type ?? ''));
  if (sasl !== null && isRefused) {
    // Nothing of the cause goes along: it could repeat what was sent.
    return new LogError(
      'wrong-credentials',
      `Kafka broker ${address} refused the sign-in of user ${sasl.username} with ${sasl.mechanism}. Check the user name, the password and the mechanism.`,
    );
  }
  if (error instanceof LogError && error.code !== 'unreachable') return error;
  const hints = [
    ...((settings.tls ?? null) === null ? ['that this port does not want TLS (KAFKA_TLS)'] : []),
    ...(sasl === null ? ['that it does not want a sign-in (KAFKA_SASL_MECHANISM)'] : []),
    ...((settings.tls?.certificate ?? null) === null ? [] : ['that it trusts our certificate (KAFKA_TLS_CERTIFICATE)']),
  ];
  return new LogError(
    'unreachable',
    `Kafka broker ${address} closed the connection, or did not answer. Check that it is a Kafka broker${hints.map((hint) => `, ${hint}`).join('')}.`,
    { retriable: true, cause: error },
  );
}

async function withTimeout(work: Promise<void>, timeoutMs: number, onTimeout: () => void): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      onTimeout();
      reject(new LogError('unreachable', 'The broker did not answer the sign-in.', { retriable: true }));
    }, timeoutMs);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function nothing(): void {
  // On purpose.
}
