import type { ModelRecord, ModelRow, ModelWindow } from './model-record.ts';

/** The current rows of a table. */
export interface Rows {
  get(key: unknown, window: ModelWindow | null): ModelRow | undefined;
  /** Of a versioned table: the row as of a time. */
  asOf?(key: unknown, timestamp: number): ModelRow | undefined;
}

/** What one node does in one task, by the book and without haste. */
export interface Operator {
  /** @throws ModelFailure when the node cannot handle the record */
  receive(record: ModelRecord, port: string): void;
  readonly table?: Rows | undefined;
  /** All rows of the node's store, where it has one that users may look into. */
  rows?(): readonly ModelRow[];
  /** Rows that are not kept any more and may be seen until their part of the store is dropped. */
  expired?(): readonly ModelRow[];
  /** Before each commit. */
  atCommit?(): void;
}

export type Config = { readonly [name: string]: unknown };

export interface Surroundings {
  readonly config: Config;
  /** Whether a stream or a table is wired to the port. */
  shape(port: string): 'stream' | 'table' | 'global';
  /** The rows of the table that is wired to the port. */
  rows(port: string): Rows;
  /** How far behind stream time the windows of the table at the port close. */
  windowCloseMs(port: string): number | null;
  /** How long the table at the port remembers what its rows were; 0 where it does not. */
  historyMs(port: string): number;
  emit(record: ModelRecord, port?: string): void;
  /** Writes into the node's internal topic of this role. */
  send(role: string, record: ModelRecord): void;
  /** Something behind the node needs the rows of its table, or what they were before. */
  readonly isNeeded: boolean;
  /** Something behind the node makes use of what rows were. */
  readonly wantsOld: boolean;
  /** Of a source, everything that its topic has. */
  everything(): readonly ModelRecord[];
}

export type OperatorMaker = (around: Surroundings) => Operator;

export function text(config: Config, name: string): string {
  const found = config[name];
  return typeof found === 'string' ? found.trim() : '';
}

export function amount(config: Config, name: string, otherwise = 0): number {
  const found = config[name];
  return typeof found === 'number' ? found : otherwise;
}
