import type { FlowShape, PortType } from '@millrace/engine';
import { expect, it } from 'vitest';
import { join } from './join.tsx';

const typeOf = (shape: FlowShape, versionedMs: number): PortType => ({
  shape,
  versionedMs,
  keyFormat: 'string',
  key: { kind: 'string' },
  windowed: false,
  value: { kind: 'unknown' },
});

const all = ['beforeMs', 'afterMs', 'graceMs', 'leftKey', 'rightKey', 'keyFormat', 'foreignKey', 'globalKey'];
const used = (left: FlowShape, right: FlowShape, versionedMs = 0, config = {}) => {
  const inputs = new Map([
    ['left', typeOf(left, 0)],
    ['right', typeOf(right, versionedMs)],
  ]);
  const unused = join.unused?.(config, inputs) ?? [];
  return all.filter((field) => !unused.includes(field));
};

it('asks for what the inputs need', () => {
  expect(used('stream', 'stream')).toEqual(['beforeMs', 'afterMs', 'graceMs', 'leftKey', 'rightKey']);
  expect(used('stream', 'table')).toEqual(['leftKey']);
  expect(used('stream', 'table', 1000)).toEqual(['graceMs', 'leftKey']);
  expect(used('stream', 'global')).toEqual(['globalKey']);
  expect(used('table', 'table')).toEqual(['foreignKey']);
});

it('asks for the format of a key that is given', () => {
  expect(used('stream', 'table', 0, { leftKey: 'value.id' })).toEqual(['leftKey', 'keyFormat']);
});

it('says what meets, and by what', () => {
  const said = (config: object, left?: FlowShape, right?: FlowShape) =>
    join
      .summary(
        { type: 'left', ...config },
        new Map(left === undefined || right === undefined ? [] : [['left', left] as const, ['right', right] as const]),
      )
      .map((part) => (typeof part === 'string' ? part : part.code))
      .join('');
  expect(said({})).toBe('left join, by key');
  expect(said({ leftKey: 'value.id' }, 'stream', 'table')).toBe('stream–table, left, by value.id');
  expect(said({ beforeMs: 5000, afterMs: 5000 }, 'stream', 'stream')).toBe('stream–stream, left, ± 5 s');
  expect(said({ afterMs: 60_000 }, 'stream', 'stream')).toBe('stream–stream, left, up to 1 min later');
  expect(said({ foreignKey: 'value.owner' }, 'table', 'table')).toBe('table–table, left, by value.owner');
  expect(said({ globalKey: 'value.city' }, 'stream', 'global')).toBe('stream–global table, left, by value.city');
});
