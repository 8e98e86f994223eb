import { createConnection } from 'node:net';

/**
 * Asks a broker who is in the cluster (a Metadata request, version 1, without topics).
 * Gives { nodes, controller }, or null when it does not answer.
 */
export function askCluster(host, port, timeoutMs = 1000) {
  return new Promise((resolve) => {
    const socket = createConnection({ host, port });
    let received = Buffer.alloc(0);
    const end = (answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(timeoutMs, () => end(null));
    socket.on('error', () => end(null));
    socket.on('close', () => resolve(null));
    socket.on('connect', () => socket.write(metadataRequest()));
    socket.on('data', (bytes) => {
      received = Buffer.concat([received, bytes]);
      if (received.length < 4 || received.length < 4 + received.readInt32BE(0)) return;
      end(readMetadata(received));
    });
  });
}

function metadataRequest() {
  const client = Buffer.from('millrace-probe');
  const frame = Buffer.alloc(4 + 2 + 2 + 4 + 2 + client.length + 4);
  frame.writeInt32BE(frame.length - 4, 0);
  frame.writeInt16BE(3, 4); // Metadata
  frame.writeInt16BE(1, 6);
  frame.writeInt32BE(1, 8);
  frame.writeInt16BE(client.length, 12);
  client.copy(frame, 14);
  frame.writeInt32BE(0, 14 + client.length); // no topics
  return frame;
}

function readMetadata(frame) {
  let at = 8;
  const nodes = [];
  const brokers = frame.readInt32BE(at);
  at += 4;
  for (let i = 0; i < brokers; i++) {
    nodes.push(frame.readInt32BE(at));
    const host = frame.readInt16BE(at + 4);
    at += 4 + 2 + host + 4;
    const rack = frame.readInt16BE(at);
    at += 2 + Math.max(rack, 0);
  }
  return { nodes, controller: frame.readInt32BE(at) };
}
