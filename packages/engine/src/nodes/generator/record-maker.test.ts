import { describe, expect, it } from 'vitest';
import { decodeKey } from '../../log/key-format.ts';
import { generatorConfig } from './generator-config.ts';
import { nexmarkEvent } from './nexmark-events.ts';
import { RecordMaker } from './record-maker.ts';

const fields = [
  { name: 'number', kind: 'sequence', min: 100 },
  { name: 'user', kind: 'choice', choices: ['ann', 'bob', 'cem'] },
  { name: 'amount', kind: 'integer', min: -5, max: 5 },
  { name: 'weight', kind: 'number', min: 0, max: 2 },
  { name: 'word', kind: 'text', min: 2, max: 4 },
  { name: 'isOpen', kind: 'boolean' },
  { name: 'at', kind: 'time' },
  { name: '__proto__', kind: 'integer', nullShare: 0.5 },
];

function maker(settings: object = {}): RecordMaker {
  return new RecordMaker(generatorConfig.parse({ fields, keyField: 'user', startTime: 1_000_000, ...settings }));
}

function made(settings: object = {}, count = 2000, partition = 0) {
  const one = maker(settings);
  return Array.from({ length: count }, (_, index) => {
    const { key, value, timestamp } = one.record(partition, index);
    return { key, value: JSON.parse(value as string) as Record<string, unknown>, timestamp };
  });
}

function shareOf<Item>(items: readonly Item[], holds: (item: Item, index: number) => boolean): number {
  return items.filter(holds).length / items.length;
}

describe('a generated record', () => {
  it('follows from the settings and its number, whichever record was made before', () => {
    const all = made();
    const one = maker();
    for (const index of [1999, 3, 500, 3]) {
      expect(JSON.parse(one.record(0, index).value as string)).toEqual(all[index]?.value);
    }
    expect(made({ seed: 2 })).not.toEqual(all);
    expect(made({ seed: 2 ** 32 + 1 })).not.toEqual(all);
  });

  it('has the fields in order, each within what was asked for', () => {
    const all = made();
    expect(Object.keys(all[0]?.value ?? {})).toEqual(fields.map(({ name }) => name));
    expect(all.map(({ value }) => value.number)).toEqual(all.map((_, index) => 100 + index));
    expect(new Set(all.map(({ value }) => value.user))).toEqual(new Set(['ann', 'bob', 'cem']));
    expect(new Set(all.map(({ value }) => value.amount)).size).toBe(11);
    for (const { value, timestamp, key } of all) {
      expect(value.weight).toBeGreaterThanOrEqual(0);
      expect(value.weight).toBeLessThanOrEqual(2);
      expect(value.word).toMatch(/^[a-z]{2,4}$/);
      expect(value.isOpen).toBeTypeOf('boolean');
      expect(value.at).toBe(timestamp);
      expect(key === null ? null : decodeKey('string', key)).toBe(value.user);
    }
    expect(
      shareOf(all, ({ value }) => Object.getOwnPropertyDescriptor(value, '__proto__')?.value === null),
    ).toBeCloseTo(0.5, 1);
  });

  it('keeps the values of a field when another field is added', () => {
    const alone = made({ fields: [fields[2]], keyField: '' }).map(({ value }) => value.amount);
    expect(alone).toEqual(made().map(({ value }) => value.amount));
  });

  it('happens later by the same interval each time, over all partitions in turn', () => {
    expect(made({ intervalMs: 10 }, 3).map(({ timestamp }) => timestamp)).toEqual([1_000_000, 1_000_010, 1_000_020]);
    expect(made({ intervalMs: 10, partitions: 4 }, 3, 1).map(({ timestamp }) => timestamp)).toEqual([
      1_000_010, 1_000_050, 1_000_090,
    ]);
  });

  it('is late, out of order, repeated or without a key as often as asked for', () => {
    const settings = {
      intervalMs: 1,
      lateShare: 0.1,
      lateMs: 900_000,
      outOfOrderShare: 0.2,
      outOfOrderMs: 50,
      duplicateShare: 0.3,
      nullKeyShare: 0.4,
    };
    const all = made(settings, 20_000);
    const behind = (item: (typeof all)[number]) => 1_000_000 + (item.value.number as number) - 100 - item.timestamp;
    const unique = all.filter((item, index) => item.value.number !== all[index - 1]?.value.number);
    expect(shareOf(unique, (item) => behind(item) === 900_000)).toBeCloseTo(0.1, 1);
    expect(shareOf(unique, (item) => behind(item) > 0 && behind(item) <= 50)).toBeCloseTo(0.2, 1);
    expect(
      shareOf(all, (item, index) => index > 0 && JSON.stringify(item) === JSON.stringify(all[index - 1])),
    ).toBeCloseTo(0.3, 1);
    expect(shareOf(all, ({ key }) => key === null)).toBeCloseTo(0.4, 1);
  });

  it('never happens before 1970', () => {
    const all = made({ startTime: 5, lateShare: 0.9, lateMs: 1000, intervalMs: 1 }, 100);
    expect(Math.min(...all.map(({ timestamp }) => timestamp))).toBe(0);
  });

  it('of the Nexmark model is the event of its number, with its key', () => {
    const one = maker({ model: 'nexmark', fields: [], keyField: '', partitions: 2, intervalMs: 10, seed: 7 });
    const { key, value, timestamp } = one.record(1, 21);
    const event = nexmarkEvent(7, 1, 21, { startTime: 1_000_000, intervalMs: 10, partitions: 2 });
    expect({ key, value: JSON.parse(value as string), timestamp }).toEqual(event);
  });

  it('of the Nexmark model is late with all its times', () => {
    const settings = { model: 'nexmark', fields: [], keyField: '', intervalMs: 10, lateShare: 0.9, lateMs: 400_000 };
    const late = made(settings, 100).filter(({ timestamp }, index) => timestamp === 600_000 + index * 10);
    expect(late.length).toBeGreaterThan(80);
    for (const { value, timestamp } of late) expect(value.dateTime).toBe(timestamp);
  });

  it('is one of a number dealt to the partitions in turn', () => {
    const one = maker({ count: 10, partitions: 4 });
    expect([0, 1, 2, 3].map((partition) => one.countOf(partition))).toEqual([3, 3, 2, 2]);
    expect(maker().countOf(0)).toBe(Number.POSITIVE_INFINITY);
  });
});
