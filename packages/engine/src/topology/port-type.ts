import type { ValueType } from '@millrace/expression';
import type { KeyFormat } from '../log/key-format.ts';

/**
 * A stream is facts, unbounded; a table is the latest value of each key; a global table is one of which every worker keeps a whole copy, and
 * whose changes trigger nothing.
 */
export type FlowShape = 'stream' | 'table' | 'global';

/** What flows out of a port: known for every edge while the pipeline is being drawn. */
export interface PortType {
  readonly shape: FlowShape;
  readonly keyFormat: KeyFormat;
  readonly key: ValueType;
  /** Set when each record belongs to a window of event time, as after a windowed aggregate. */
  readonly windowed: boolean;
  /** Of a table: how long its rows' past is kept, milliseconds; absent or 0: not at all. */
  readonly versionedMs?: number | undefined;
  readonly value: ValueType;
}

/** What an input takes: `any` is a stream or a table, `any-or-global` a global table too. */
export type PortShape = 'stream' | 'table' | 'any' | 'any-or-global';

/** Whether an input takes what an output gives. */
export function takesShape(input: PortShape, output: FlowShape): boolean {
  return input === output || input === 'any-or-global' || (input === 'any' && output !== 'global');
}

export interface InputPort {
  readonly name: string;
  readonly title: string;
  readonly shape: PortShape;
}

export interface OutputPort {
  readonly name: string;
  readonly title: string;
}
