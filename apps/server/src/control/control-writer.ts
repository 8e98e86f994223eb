import type { Append } from '@millrace/engine';

/** Writes the control log for one server, where several may be on one cluster: whoever took it over last is right. */
export interface ControlWriter {
  /** Shuts out whoever had it before. */
  takeOver(): Promise<void>;
  /** All or nothing. @throws LogError `fenced` when this server does not have it any more, or nobody knows who has it */
  append(appends: readonly Append[]): Promise<void>;
}
