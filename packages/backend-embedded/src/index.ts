export { EmbeddedLog, type EmbeddedLogOptions } from './embedded-log.ts';
export type { HousekeepingReport } from './housekeeping.ts';
