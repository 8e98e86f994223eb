export { AssertionFailure, assert } from './assert.ts';
export type { AssignedTask, Assignment, AssignmentListener } from './log/assignment.ts';
export {
  type ByteString,
  byteStringToBytes,
  bytesToByteString,
  compareByteStrings,
  writeByteString,
} from './log/byte-string.ts';
export { type Header, noHeaders } from './log/header.ts';
export {
  decodeKey,
  encodeKey,
  type KeyFormat,
  KeyFormatError,
  type KeyValue,
  keyFormats,
  sortedJson,
} from './log/key-format.ts';
export {
  type AbortSignalLike,
  type Append,
  type Commit,
  type CommitResult,
  type CommittedTask,
  type Log,
  LogError,
  type LogErrorCode,
  type ReadOptions,
  type ReadRequest,
  type ReadResult,
  type SourcePosition,
  type TaskCommit,
  type TaskId,
  type TopicCleanup,
  type TopicDescription,
  type TopicPartition,
  type TopicRole,
  type TopicSpec,
} from './log/log.ts';
export {
  assertEpoch,
  assertReachable,
  closedLog,
  missingTopics,
  unknownPartition,
  unknownTopic,
} from './log/log-refusals.ts';
export { MemoryLog } from './log/memory-log.ts';
export { murmur2, partitionFor } from './log/partitioner.ts';
export { decidedRead } from './log/read-result.ts';
export { batchFormat, MalformedBatchError, RecordBatch } from './log/record-batch.ts';
export {
  type EncodedBatch,
  encodeBatch,
  type ProducedRecord,
  producedRecord,
  RecordBatchBuilder,
} from './log/record-batch-builder.ts';
export type { RecordLimits } from './log/record-limits.ts';
export {
  addCounters,
  type CounterName,
  type Counters,
  counterNames,
  emptyCounters,
  type Fate,
  fates,
  missingFates,
} from './metrics/fates.ts';
export { nodeCounters } from './metrics/node-counters.ts';
export { countersFromArray } from './metrics/processor-counters.ts';
export { type RecordFailure, recordFailureSchema } from './metrics/record-failure.ts';
export { defaultGeneratedRecords, GeneratedTopics } from './nodes/generator/generated-topics.ts';
export type {
  CheckContext,
  ExpressionField,
  FieldCondition,
  FieldMeta,
  NodeCategory,
  NodeKind,
} from './nodes/node-kind.ts';
export { type NodeKindName, nodeKind, nodeKinds } from './nodes/node-kinds.ts';
export type { InputPartitioning, Partitioning, PartitioningContext } from './nodes/partitioning.ts';
export { processors } from './nodes/processors.ts';
export { closestName } from './pipeline/closest-name.ts';
export { type Diagnostic, type DiagnosticFix, hasErrors } from './pipeline/diagnostic.ts';
export {
  type Endpoint,
  emptyPipeline,
  formatEndpoint,
  formatVersion,
  idPattern,
  type Pipeline,
  type PipelineEdge,
  type PipelineNode,
  parseEndpoint,
  pipelineSchema,
} from './pipeline/document.ts';
export { pipelineJsonSchema } from './pipeline/pipeline-json-schema.ts';
export {
  type ErrorPolicy,
  type Guarantee,
  type PipelineSettings,
  pipelineSettingsSchema,
} from './pipeline/pipeline-settings.ts';
export { type ReadPipelineResult, readPipeline } from './pipeline/read-pipeline.ts';
export { type Validation, validatePipeline } from './pipeline/validate-pipeline.ts';
export { RecordedRun, type WrittenRecord } from './run/recorded-run.ts';
export { deadLetterHeaders } from './runtime/dead-letter.ts';
export type { Processor, ProcessorContext, ProcessorFactory, ProcessorRegistry } from './runtime/processor.ts';
export { asRecordError, PolicyFailure, RecordError } from './runtime/record-error.ts';
export { StreamRecord, type Window } from './runtime/stream-record.ts';
export type { Task } from './runtime/task.ts';
export { type Gap, type PendingCommit, TaskGroup } from './runtime/task-group.ts';
export { decodeTaskState } from './runtime/task-state.ts';
export { type AggregateFunction, aggregateFunctions, takesLength, takesNoArgument } from './state/accumulators.ts';
export { causeHeader, changesOf } from './state/changelog.ts';
export { MemoryTaskStores } from './state/memory-stores.ts';
export { decodeAddress, decodeSegment, encodeAddress, encodeSegment, segmentBytes } from './state/store-address.ts';
export {
  type StoreAnswer,
  type StoreCursor,
  type StoreQuery,
  type StoreRefusal,
  type StoreRow,
  storeAnswerSchema,
  storeCursorSchema,
  storeQuerySchema,
  storeRefusals,
  storeRowSchema,
} from './state/store-query.ts';
export type {
  StoreAddress,
  StoreChange,
  StoreEntry,
  StoreRange,
  StoreSlice,
  StoreTable,
  TaskStores,
} from './state/store-table.ts';
export { presentStored } from './state/store-view.ts';
export { parseTimestamp } from './time/timestamp-text.ts';
export { changelogStages } from './topology/changelog-stages.ts';
export { describeTopology } from './topology/describe-topology.ts';
export { defaultHistoryMs } from './topology/internal-topics.ts';
export { defaultPartitions, planTopology } from './topology/plan-topology.ts';
export {
  type FlowShape,
  type InputPort,
  type OutputPort,
  type PortShape,
  type PortType,
  takesShape,
} from './topology/port-type.ts';
export {
  type CatalogueRecord,
  type CatalogueTopic,
  type TopicCatalogue,
  topicCatalogue,
} from './topology/topic-catalogue.ts';
export {
  type ProcessorSpec,
  type SinkSpec,
  type SourceSpec,
  type StoreSpec,
  type StoreView,
  type SubTopology,
  subTopologyOf,
  type Topology,
  taskIds,
} from './topology/topology.ts';
export { topologySchema } from './topology/topology-schema.ts';
export { type WasmGlobal, type WasmMemory, wasmExports } from './wasm.ts';
