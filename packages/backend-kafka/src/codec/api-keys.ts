/** Kafka's numbers for the requests that we send. */
export const apiKeys = {
  produce: 0,
  fetch: 1,
  listOffsets: 2,
  metadata: 3,
  offsetCommit: 8,
  offsetFetch: 9,
  findCoordinator: 10,
  joinGroup: 11,
  heartbeat: 12,
  leaveGroup: 13,
  syncGroup: 14,
  describeGroups: 15,
  saslHandshake: 17,
  apiVersions: 18,
  createTopics: 19,
  deleteTopics: 20,
  deleteRecords: 21,
  initProducerId: 22,
  addPartitionsToTxn: 24,
  addOffsetsToTxn: 25,
  endTxn: 26,
  txnOffsetCommit: 28,
  describeConfigs: 32,
  describeLogDirs: 35,
  saslAuthenticate: 36,
  incrementalAlterConfigs: 44,
  offsetDelete: 47,
} as const;

/** From this version on a request is flexible: compact strings and arrays, tagged fields, and a tag byte in the headers. */
const firstFlexible = new Map<number, number>([
  [apiKeys.produce, 9],
  [apiKeys.fetch, 12],
  [apiKeys.listOffsets, 6],
  [apiKeys.metadata, 9],
  [apiKeys.offsetCommit, 8],
  [apiKeys.offsetFetch, 6],
  [apiKeys.findCoordinator, 3],
  [apiKeys.joinGroup, 6],
  [apiKeys.heartbeat, 4],
  [apiKeys.leaveGroup, 4],
  [apiKeys.syncGroup, 4],
  [apiKeys.describeGroups, 5],
  [apiKeys.createTopics, 5],
  [apiKeys.deleteTopics, 4],
  [apiKeys.deleteRecords, 2],
  [apiKeys.initProducerId, 2],
  [apiKeys.addPartitionsToTxn, 3],
  [apiKeys.addOffsetsToTxn, 3],
  [apiKeys.endTxn, 3],
  [apiKeys.txnOffsetCommit, 3],
  [apiKeys.describeConfigs, 4],
  [apiKeys.describeLogDirs, 2],
  [apiKeys.incrementalAlterConfigs, 1],
]);

/** Whether this version of a request has tagged fields. */
export function isFlexible(apiKey: number, apiVersion: number): boolean {
  return apiVersion >= (firstFlexible.get(apiKey) ?? Number.POSITIVE_INFINITY);
}

const names = new Map<number, string>(Object.entries(apiKeys).map(([name, key]) => [key, name]));

/** The request's name in messages. */
export function apiName(apiKey: number): string {
  return names.get(apiKey) ?? `request ${apiKey}`;
}
