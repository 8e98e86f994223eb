import { LogError, type LogErrorCode } from '@millrace/engine';

/**
 * What an error asks for. `retriable`: the same request again, perhaps to another broker. `abortable`: the transaction must be aborted.
 * `fenced`: another member or producer has taken over; stop, never retry. `fatal`: no retry helps.
 */
export type KafkaErrorKind = 'retriable' | 'abortable' | 'fenced' | 'fatal';

interface ErrorFacts {
  readonly name: string;
  readonly kind: KafkaErrorKind;
  /** In plain words, with a remedy where there is one; follows "Kafka refused to …: ". */
  readonly message: string;
  readonly logCode: LogErrorCode;
}

function facts(name: string, kind: KafkaErrorKind, logCode: LogErrorCode, message: string): ErrorFacts {
  return { name, kind, message, logCode };
}

const newLeader = 'the partition has moved to another broker';
const coordinatorMoved = 'the broker that keeps this group or transaction has changed';
const takenOver = 'another worker has taken over; stop the task';

const known = new Map<number, ErrorFacts>([
  [-1, facts('UNKNOWN_SERVER_ERROR', 'fatal', 'io', 'the broker met an error of its own; its log says which')],
  [1, facts('OFFSET_OUT_OF_RANGE', 'fatal', 'offset-out-of-range', 'the offset does not exist')],
  [2, facts('CORRUPT_MESSAGE', 'retriable', 'corrupt', 'the records were damaged on their way')],
  [
    3,
    facts(
      'UNKNOWN_TOPIC_OR_PARTITION',
      'retriable',
      'unknown-topic',
      'there is no such topic or partition; create it first, or allow this user to see it',
    ),
  ],
  [5, facts('LEADER_NOT_AVAILABLE', 'retriable', 'io', 'the partition has no leader at the moment')],
  [6, facts('NOT_LEADER_OR_FOLLOWER', 'retriable', 'io', newLeader)],
  [7, facts('REQUEST_TIMED_OUT', 'retriable', 'io', 'the brokers did not agree in time')],
  [8, facts('BROKER_NOT_AVAILABLE', 'retriable', 'unreachable', 'the broker is not available')],
  [9, facts('REPLICA_NOT_AVAILABLE', 'retriable', 'io', 'the replica is not available')],
  [
    10,
    facts(
      'MESSAGE_TOO_LARGE',
      'fatal',
      'too-large',
      'the records are larger than the topic allows; raise max.message.bytes of the topic, or make the records smaller',
    ),
  ],
  [13, facts('NETWORK_EXCEPTION', 'retriable', 'unreachable', 'the broker lost its connection')],
  [14, facts('COORDINATOR_LOAD_IN_PROGRESS', 'retriable', 'io', 'the coordinator is still starting')],
  [15, facts('COORDINATOR_NOT_AVAILABLE', 'retriable', 'io', 'the coordinator is not available yet')],
  [16, facts('NOT_COORDINATOR', 'retriable', 'io', coordinatorMoved)],
  [17, facts('INVALID_TOPIC_EXCEPTION', 'fatal', 'invalid-topic', 'the topic name cannot be used')],
  [
    18,
    facts(
      'RECORD_LIST_TOO_LARGE',
      'fatal',
      'too-large',
      'the records are larger than a segment of the topic; raise segment.bytes of the topic',
    ),
  ],
  [19, facts('NOT_ENOUGH_REPLICAS', 'retriable', 'io', 'too few replicas are in step (min.insync.replicas)')],
  [
    20,
    facts('NOT_ENOUGH_REPLICAS_AFTER_APPEND', 'retriable', 'io', 'too few replicas are in step (min.insync.replicas)'),
  ],
  [22, facts('ILLEGAL_GENERATION', 'fenced', 'fenced', takenOver)],
  [
    23,
    facts(
      'INCONSISTENT_GROUP_PROTOCOL',
      'fatal',
      'unsupported',
      'the group is used by clients of another kind; use another pipeline id',
    ),
  ],
  [24, facts('INVALID_GROUP_ID', 'fatal', 'unsupported', 'the group name cannot be used')],
  [25, facts('UNKNOWN_MEMBER_ID', 'fenced', 'fenced', takenOver)],
  [
    26,
    facts(
      'INVALID_SESSION_TIMEOUT',
      'fatal',
      'unsupported',
      'the session time-out is outside what the brokers allow (group.min.session.timeout.ms, group.max.session.timeout.ms)',
    ),
  ],
  [27, facts('REBALANCE_IN_PROGRESS', 'abortable', 'io', 'tasks are being shared out anew')],
  [
    29,
    facts(
      'TOPIC_AUTHORIZATION_FAILED',
      'fatal',
      'not-authorised',
      'this user may not use the topic; grant it the operation on the topic',
    ),
  ],
  [
    30,
    facts(
      'GROUP_AUTHORIZATION_FAILED',
      'fatal',
      'not-authorised',
      'this user may not use the group; grant it READ on the group',
    ),
  ],
  [
    31,
    facts(
      'CLUSTER_AUTHORIZATION_FAILED',
      'fatal',
      'not-authorised',
      'this user may not do this on the cluster; grant it the operation on the cluster',
    ),
  ],
  [
    32,
    facts(
      'INVALID_TIMESTAMP',
      'fatal',
      'invalid-timestamp',
      'a timestamp is further from the present than the topic allows; see message.timestamp.before.max.ms and message.timestamp.after.max.ms of the topic',
    ),
  ],
  [
    33,
    facts('UNSUPPORTED_SASL_MECHANISM', 'fatal', 'wrong-credentials', 'the broker does not offer this SASL mechanism'),
  ],
  [34, facts('ILLEGAL_SASL_STATE', 'fatal', 'wrong-credentials', 'the broker did not expect a sign-in here')],
  [
    35,
    facts(
      'UNSUPPORTED_VERSION',
      'fatal',
      'unsupported',
      'the broker does not speak this version of the request; use Apache Kafka 3.9 or 4.x',
    ),
  ],
  [36, facts('TOPIC_ALREADY_EXISTS', 'fatal', 'topic-conflict', 'the topic exists already')],
  [37, facts('INVALID_PARTITIONS', 'fatal', 'invalid-topic', 'the partition count cannot be used')],
  [
    38,
    facts(
      'INVALID_REPLICATION_FACTOR',
      'fatal',
      'unsupported',
      'there are fewer brokers than copies are asked for; choose a smaller replication factor',
    ),
  ],
  [39, facts('INVALID_REPLICA_ASSIGNMENT', 'fatal', 'io', 'the replicas cannot be placed like that')],
  [40, facts('INVALID_CONFIG', 'fatal', 'unsupported', 'a topic setting cannot be used')],
  [41, facts('NOT_CONTROLLER', 'retriable', 'io', 'the controller has changed')],
  [42, facts('INVALID_REQUEST', 'fatal', 'unsupported', 'the broker does not accept the request')],
  [
    43,
    facts(
      'UNSUPPORTED_FOR_MESSAGE_FORMAT',
      'fatal',
      'unsupported',
      'the topic has a record format from before Kafka 0.11',
    ),
  ],
  [44, facts('POLICY_VIOLATION', 'fatal', 'not-authorised', 'a policy of the cluster forbids it')],
  [45, facts('OUT_OF_ORDER_SEQUENCE_NUMBER', 'abortable', 'io', 'records are missing before these')],
  [46, facts('DUPLICATE_SEQUENCE_NUMBER', 'abortable', 'io', 'the records were written before')],
  [47, facts('INVALID_PRODUCER_EPOCH', 'fenced', 'fenced', takenOver)],
  [48, facts('INVALID_TXN_STATE', 'fatal', 'unknown-outcome', 'the transaction is not in a state that allows this')],
  [49, facts('INVALID_PRODUCER_ID_MAPPING', 'abortable', 'io', 'the broker has forgotten the producer')],
  [
    50,
    facts(
      'INVALID_TRANSACTION_TIMEOUT',
      'fatal',
      'unsupported',
      'the transaction time-out is longer than the brokers allow (transaction.max.timeout.ms)',
    ),
  ],
  [51, facts('CONCURRENT_TRANSACTIONS', 'retriable', 'io', 'the transaction before is still being finished')],
  [52, facts('TRANSACTION_COORDINATOR_FENCED', 'fenced', 'fenced', takenOver)],
  [
    53,
    facts(
      'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
      'fatal',
      'not-authorised',
      'this user may not use transactions of this name; grant it WRITE on the transactional id',
    ),
  ],
  [54, facts('SECURITY_DISABLED', 'fatal', 'unsupported', 'the cluster has no authoriser')],
  [55, facts('OPERATION_NOT_ATTEMPTED', 'abortable', 'io', 'another part of the request failed first')],
  [56, facts('KAFKA_STORAGE_ERROR', 'retriable', 'io', 'a disk of the broker failed')],
  [58, facts('SASL_AUTHENTICATION_FAILED', 'fatal', 'wrong-credentials', 'the user name or the password is wrong')],
  [59, facts('UNKNOWN_PRODUCER_ID', 'abortable', 'io', 'the broker has forgotten the producer')],
  [60, facts('REASSIGNMENT_IN_PROGRESS', 'retriable', 'io', 'partitions are being moved')],
  [65, facts('TRANSACTIONAL_ID_NOT_FOUND', 'fatal', 'io', 'the transaction does not exist')],
  [68, facts('NON_EMPTY_GROUP', 'retriable', 'io', 'the group has members')],
  [69, facts('GROUP_ID_NOT_FOUND', 'fatal', 'io', 'the group does not exist')],
  [70, facts('FETCH_SESSION_ID_NOT_FOUND', 'retriable', 'io', 'the broker has forgotten the fetch session')],
  [71, facts('INVALID_FETCH_SESSION_EPOCH', 'retriable', 'io', 'the fetch session is out of step')],
  [
    73,
    facts(
      'TOPIC_DELETION_DISABLED',
      'fatal',
      'unsupported',
      'the cluster does not delete topics (delete.topic.enable)',
    ),
  ],
  [74, facts('FENCED_LEADER_EPOCH', 'retriable', 'io', newLeader)],
  [75, facts('UNKNOWN_LEADER_EPOCH', 'retriable', 'io', newLeader)],
  [76, facts('UNSUPPORTED_COMPRESSION_TYPE', 'fatal', 'unsupported', 'the topic does not allow this compression')],
  [78, facts('OFFSET_NOT_AVAILABLE', 'retriable', 'io', 'the new leader does not know its end yet')],
  [79, facts('MEMBER_ID_REQUIRED', 'retriable', 'io', 'the group asks to join again with the id that it gave')],
  [80, facts('PREFERRED_LEADER_NOT_AVAILABLE', 'retriable', 'io', 'the preferred leader is not available')],
  [
    81,
    facts(
      'GROUP_MAX_SIZE_REACHED',
      'fatal',
      'unsupported',
      'the group has as many members as the brokers allow (group.max.size)',
    ),
  ],
  [82, facts('FENCED_INSTANCE_ID', 'fenced', 'fenced', takenOver)],
  [
    87,
    facts(
      'INVALID_RECORD',
      'fatal',
      'invalid-record',
      'the topic does not accept a record; a compacted topic needs a key in each',
    ),
  ],
  [88, facts('UNSTABLE_OFFSET_COMMIT', 'retriable', 'io', 'a transaction that writes this position is not finished')],
  [89, facts('THROTTLING_QUOTA_EXCEEDED', 'retriable', 'io', 'the quota of the cluster is used up at the moment')],
  [90, facts('PRODUCER_FENCED', 'fenced', 'fenced', takenOver)],
  [100, facts('UNKNOWN_TOPIC_ID', 'retriable', 'unknown-topic', 'the topic was created anew')],
  [103, facts('INCONSISTENT_TOPIC_ID', 'retriable', 'unknown-topic', 'the topic was created anew')],
  [120, facts('TRANSACTION_ABORTABLE', 'abortable', 'io', 'the transaction cannot be committed any more')],
]);

const policyViolation = 44;

/** Kafka's numbers for the errors that code decides by. */
export const errorCodes = {
  none: 0,
  unknownServerError: -1,
  offsetOutOfRange: 1,
  unknownTopicOrPartition: 3,
  leaderNotAvailable: 5,
  notLeaderOrFollower: 6,
  requestTimedOut: 7,
  messageTooLarge: 10,
  coordinatorLoadInProgress: 14,
  coordinatorNotAvailable: 15,
  notCoordinator: 16,
  illegalGeneration: 22,
  unknownMemberId: 25,
  rebalanceInProgress: 27,
  topicAuthorizationFailed: 29,
  topicAlreadyExists: 36,
  notController: 41,
  outOfOrderSequenceNumber: 45,
  duplicateSequenceNumber: 46,
  invalidProducerEpoch: 47,
  invalidTxnState: 48,
  invalidProducerIdMapping: 49,
  concurrentTransactions: 51,
  groupIdNotFound: 69,
  memberIdRequired: 79,
  fencedInstanceId: 82,
  unstableOffsetCommit: 88,
  producerFenced: 90,
} as const;

/** What the user of a connection must be granted, as Kafka's access control lists say it: `READ on the topic orders`. */
export interface NeededRight {
  readonly operation: 'READ' | 'WRITE' | 'CREATE' | 'DELETE' | 'ALTER' | 'DESCRIBE';
  /** `the topic orders` */
  readonly on: string;
}

/** An answer with an error code in it. */
export class KafkaError extends Error {
  /** Kafka's number. */
  readonly code: number;
  /** Kafka's name of it, such as `NOT_COORDINATOR`. */
  readonly errorName: string;
  readonly kind: KafkaErrorKind;
  readonly logCode: LogErrorCode;

  /** `action` follows "could not", with topic and broker: `create topic orders at localhost:9092`. */
  constructor(code: number, action: string, detail: string | null = null, needed: NeededRight | null = null) {
    const { name, kind, message, logCode } = errorFacts(code);
    const isOfRights = logCode === 'not-authorised' && needed !== null && code !== policyViolation;
    const why = isOfRights ? `this user lacks a right; grant it ${needed.operation} on ${needed.on}` : message;
    // What brokers say of missing rights is that there is one missing.
    const more = detail === null || detail === '' || isOfRights ? '' : ` The broker says: ${detail}`;
    super(`Could not ${action}: ${why} (${name}).${more}`);
    this.name = 'KafkaError';
    this.code = code;
    this.errorName = name;
    this.kind = kind;
    this.logCode = logCode;
  }

  /** The same for the users of the Log port. */
  toLogError(): LogError {
    return new LogError(this.logCode, this.message, { retriable: this.kind === 'retriable', cause: this });
  }
}

/** What is known of one of Kafka's error codes. */
export function errorFacts(code: number): ErrorFacts {
  return (
    known.get(code) ?? facts(`error ${code}`, 'fatal', 'io', 'the broker gave an error that this version does not know')
  );
}

/** @throws KafkaError unless the code is 0. */
export function assertNoError(
  code: number,
  action: string,
  detail: string | null = null,
  needed: NeededRight | null = null,
): void {
  if (code !== 0) throw new KafkaError(code, action, detail, needed);
}

/** Whether it is worth to try again: retriable answers of Kafka, and connections that were lost. */
export function isRetriable(error: unknown): boolean {
  if (error instanceof KafkaError) return error.kind === 'retriable';
  return error instanceof LogError && error.retriable;
}
