import type { TaskId } from '@millrace/engine';

/** What a member tells the group's leader when it joins. */
export interface MemberReport {
  /** Tasks are shared out only among members that run the same topology. */
  readonly topology: string;
  readonly capacity: number;
  /** What it runs now, with the epochs under which it was given them. */
  readonly owned: readonly (readonly [taskId: TaskId, epoch: number])[];
  /** Of the stores that it holds: changelog records that they are behind. */
  readonly lags: readonly (readonly [taskId: TaskId, lag: number])[];
  /** Grows when a member wants the tasks shared out again: a broker takes a join that says nothing new for a repetition. */
  readonly asked: number;
}

/** What the leader tells a member. */
export interface TaskShare {
  readonly active: readonly TaskId[];
  readonly standby: readonly TaskId[];
  /** Tasks wait elsewhere for their next owner to catch up; the leader asks again after a while. */
  readonly isProvisional: boolean;
}

const version = 1;

export function encodeReport(report: MemberReport): Uint8Array {
  return encode(report);
}

/** Null when it is none that this version knows: the member then gets no tasks. */
export function decodeReport(bytes: Uint8Array | null): MemberReport | null {
  const value = decode(bytes);
  if (value === null) return null;
  const { topology, capacity, owned, lags, asked } = value;
  if (typeof topology !== 'string' || typeof capacity !== 'number' || !(capacity > 0)) return null;
  if (!isNumberedList(owned) || !isNumberedList(lags) || typeof asked !== 'number') return null;
  return { topology, capacity, owned, lags, asked };
}

export function encodeShare(share: TaskShare): Uint8Array {
  return encode(share);
}

/** An assignment that is none of ours gives nothing. */
export function decodeShare(bytes: Uint8Array | null): TaskShare {
  const { active, standby, isProvisional } = decode(bytes) ?? {};
  return {
    active: isTextList(active) ? active : [],
    standby: isTextList(standby) ? standby : [],
    isProvisional: isProvisional === true,
  };
}

function encode(content: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ version, ...content }));
}

function decode(bytes: Uint8Array | null): Record<string, unknown> | null {
  if (bytes === null) return null;
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return isObject(value) && value.version === version ? value : null;
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isTextList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function isNumberedList(value: unknown): value is [string, number][] {
  return (
    Array.isArray(value) &&
    value.every((item) => Array.isArray(item) && typeof item[0] === 'string' && typeof item[1] === 'number')
  );
}
