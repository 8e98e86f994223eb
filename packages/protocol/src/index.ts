export { type Down, downSchema } from './down.ts';
export {
  keeperFrameBytesMax,
  keeperPath,
  keeperPingMs,
  keeperSilenceMs,
  protocolVersionHeader,
} from './keeper-connection.ts';
export { type KeeperDown, keeperDownSchema, type RunName } from './keeper-down.ts';
export { type KeeperUp, keeperUpSchema } from './keeper-up.ts';
export { protocolVersion } from './protocol-version.ts';
export {
  gapSchema,
  globalTablesTaskId,
  type RetentionGap,
  type TaskState,
  type TaskTick,
  taskStateSchema,
  taskTickSchema,
  type Up,
  upSchema,
} from './up.ts';
export { workerFlags } from './worker-flags.ts';
