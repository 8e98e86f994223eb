import type { ValueType } from '@millrace/expression';
import type { KeyFormat } from '../log/key-format.ts';

/** What flows out of a port: known for every edge while the pipeline is being drawn. */
export interface PortType {
  /** A stream is facts, unbounded; a table is the latest value of each key. */
  readonly shape: 'stream' | 'table';
  readonly keyFormat: KeyFormat;
  readonly key: ValueType;
  /** Set when each record belongs to a window of event time, as after a windowed aggregate. */
  readonly windowed: boolean;
  readonly value: ValueType;
}

/** Whether an input takes streams, tables, or what it is given. */
export type PortShape = 'stream' | 'table' | 'any';

export interface InputPort {
  readonly name: string;
  readonly title: string;
  readonly shape: PortShape;
}

export interface OutputPort {
  readonly name: string;
  readonly title: string;
}
