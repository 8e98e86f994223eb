import { type CompiledExpression, compileExpression, ExpressionFailure, LazyValue, Scope } from '@millrace/expression';
import { assert } from '../assert.ts';
import { type Header, headerTexts } from '../log/header.ts';
import { parseTimestamp } from '../time/timestamp-text.ts';
import type { SourceSpec } from '../topology/topology.ts';
import { RecordError } from './record-error.ts';

/** The greatest time that a date can hold, epoch milliseconds. One record beyond it would make every later one late. */
const maxTimestamp = 8.64e15;

/** What a record is stamped by. */
export interface Stamped {
  readonly key: unknown;
  readonly value: unknown;
  readonly headers: readonly Header[];
  /** That of the record in the log, epoch milliseconds. */
  readonly timestamp: number;
}

/** Gives the records of a source their event time, as its settings say. */
export class EventTime {
  readonly #source: SourceSpec;
  readonly #wallClock: (() => number) | null;
  readonly #expression: CompiledExpression | null;
  readonly #scope = new Scope();

  /** Without a clock, a record that should be stamped by it keeps its own time. */
  constructor(source: SourceSpec, wallClock: (() => number) | null) {
    this.#source = source;
    this.#wallClock = wallClock;
    this.#expression = source.timestamp.from === 'expression' ? compiled(source.timestamp.expression) : null;
  }

  /** The time that the record has in the log, where that is its event time; undefined where there is more to do. */
  ready(timestamp: number): number | undefined {
    return this.#source.timestamp.from === 'record' && isValid(timestamp) ? timestamp : undefined;
  }

  /**
   * @param partitionTime the greatest event time of the records before; NaN while there was none
   * @throws RecordError `timestamp` when the record has no valid event time, and nothing stands in for it
   */
  of(record: Stamped, partitionTime: number): number {
    try {
      return validTime(this.#extract(record));
    } catch (error) {
      const isSoothed = this.#source.invalidTimestamp === 'partition-time' && !Number.isNaN(partitionTime);
      if (isSoothed && error instanceof RecordError) return partitionTime;
      throw error;
    }
  }

  #extract(record: Stamped): number {
    const { timestamp } = this.#source;
    switch (timestamp.from) {
      case 'record':
        return record.timestamp;
      case 'wall-clock':
        return this.#wallClock === null ? record.timestamp : Math.trunc(this.#wallClock());
      case 'field':
        return fieldTime(record, timestamp.path);
      case 'expression':
        return this.#expressionTime(record);
    }
  }

  #expressionTime({ key, value, headers, timestamp }: Stamped): number {
    const expression = this.#expression;
    assert(expression !== null, 'a source without an expression was asked for what it gives');
    const scope = this.#scope;
    scope.key = key;
    scope.value = value;
    scope.timestamp = timestamp;
    scope.headers = headerTexts(headers);
    let result: unknown;
    try {
      result = expression.evaluate(scope);
    } catch (error) {
      if (!(error instanceof ExpressionFailure)) throw error;
      const span = { start: error.start, end: error.end };
      throw new RecordError('timestamp', error.message, ['timestampExpression'], span);
    }
    const time = timeOf(result);
    if (time !== null) return time;
    throw new RecordError(
      'timestamp',
      `The expression gave ${shown(result)}, which is neither epoch milliseconds nor a date.`,
      ['timestampExpression'],
    );
  }
}

function compiled(source: string): CompiledExpression {
  const unknown = { kind: 'unknown' } as const;
  const result = compileExpression(source, { key: unknown, value: unknown, timestamp: unknown, headers: unknown });
  assert(result.ok, `an expression that was checked does not compile: ${source}`);
  return result.expression;
}

function isValid(timestamp: number): boolean {
  return timestamp >= 0 && timestamp <= maxTimestamp;
}

function validTime(timestamp: number): number {
  if (isValid(timestamp)) return timestamp;
  throw new RecordError(
    'timestamp',
    `The record's timestamp ${timestamp} is ${timestamp > maxTimestamp ? 'after the year 275760, where dates end' : 'before 1970, where event time begins'}.`,
  );
}

/** A tombstone has no fields; it keeps the time of its record. */
function fieldTime({ value, timestamp }: Stamped, path: readonly string[]): number {
  if (value === null) return timestamp;
  let found: unknown = value;
  try {
    for (const name of path) {
      if (found instanceof LazyValue) found = found.field(name);
      else if (typeof found === 'object' && found !== null && Object.hasOwn(found, name))
        found = (found as Record<string, unknown>)[name];
      else found = null;
    }
  } catch (error) {
    if (!(error instanceof ExpressionFailure)) throw error;
    throw new RecordError('timestamp', error.message, ['timestampField']);
  }
  const time = timeOf(found);
  if (time !== null) return time;
  throw new RecordError(
    'timestamp',
    `The field ${path.join('.')} holds ${shown(found)}, which is neither epoch milliseconds nor a date.`,
    ['timestampField'],
  );
}

function timeOf(found: unknown): number | null {
  if (typeof found === 'number' && Number.isFinite(found)) return Math.trunc(found);
  return typeof found === 'string' ? parseTimestamp(found) : null;
}

function shown(found: unknown): string {
  return (JSON.stringify(found) ?? 'nothing').slice(0, 60);
}
