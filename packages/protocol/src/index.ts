export { type Down, downSchema } from './down.ts';
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
