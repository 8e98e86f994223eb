import type { RpcTransport } from '../transport/rpc-transport.ts';

/** What stands between a client and the brokers: `call` may do otherwise than the transport. */
export function between(transport: RpcTransport, call: RpcTransport['call']): RpcTransport {
  return {
    start: () => transport.start(),
    close: () => transport.close(),
    versions: (node) => transport.versions(node),
    connect: (node) => transport.connect(node),
    metadata: (topics, refresh) => transport.metadata(topics, refresh),
    coordinator: (kind, key) => transport.coordinator(kind, key),
    forgetCoordinator: (kind, key) => transport.forgetCoordinator(kind, key),
    address: (node) => transport.address(node),
    call,
    callAndRead: async (node, key, version, body, read, options) => read(await call(node, key, version, body, options)),
  };
}
