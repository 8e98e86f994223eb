import { describe, expect, it } from 'vitest';
import { MalformedResponseError, Reader } from './reader.ts';
import { Writer } from './writer.ts';

function write(write: (writer: Writer) => void): Reader {
  const writer = new Writer(1);
  write(writer);
  return new Reader(writer.finish().slice());
}

describe('primitives of the protocol', () => {
  it('come back as they were, also where the memory grows', () => {
    const numbers = [0, 1, -1, 127, 128, -128, 300, 0x7fff_ffff, -0x8000_0000];
    for (let before = 0; before < 9; before++) {
      const reader = write((writer) => {
        for (let at = 0; at < before; at++) writer.int8(at);
        for (const number of numbers) writer.int32(number).varint(number).varlong(number).int64(number);
        writer.int16(-2).uint32(0xffff_ffff).uvarint(0xffff_ffff).boolean(true);
        writer.int64(Number.MAX_SAFE_INTEGER).int64(-Number.MAX_SAFE_INTEGER).int64(-1n);
        writer.varlong(Number.MAX_SAFE_INTEGER).varlong(-(2n ** 63n));
        writer.string('größe').string(null).compactString('').compactString(null);
        writer.bytes(Uint8Array.of(1, 2)).compactBytes(null).uuid(null).noTags();
        writer.array([1, 2], (item) => writer.int8(item)).compactArray(['a'], (item) => writer.string(item));
        writer.array(null, () => writer.int8(1)).compactArray(null, () => writer.int8(1));
      });
      reader.skip(before);
      for (const number of numbers) {
        expect([reader.int32(), reader.varint(), Number(reader.varlong()), reader.int64()]).toEqual(
          Array.from({ length: 4 }, () => number),
        );
      }
      expect([reader.int16(), reader.uint32(), reader.uvarint(), reader.boolean()]).toEqual([
        -2,
        0xffff_ffff,
        0xffff_ffff,
        true,
      ]);
      expect([reader.int64(), reader.int64(), reader.bigInt64()]).toEqual([
        Number.MAX_SAFE_INTEGER,
        -Number.MAX_SAFE_INTEGER,
        -1n,
      ]);
      expect([reader.varlong(), reader.varlong()]).toEqual([BigInt(Number.MAX_SAFE_INTEGER), -(2n ** 63n)]);
      expect([
        reader.string(),
        reader.nullableString(),
        reader.compactString(),
        reader.compactNullableString(),
      ]).toEqual(['größe', null, '', null]);
      expect([reader.nullableBytes(), reader.compactNullableBytes(), reader.uuid()]).toEqual([
        Uint8Array.of(1, 2),
        null,
        new Uint8Array(16),
      ]);
      reader.tags();
      expect([reader.array(() => reader.int8()), reader.compactArray(() => reader.string())]).toEqual([[1, 2], ['a']]);
      expect([reader.array(() => reader.int8()), reader.compactArray(() => reader.int8())]).toEqual([[], []]);
      expect(reader.left).toBe(0);
    }
  });

  it('refuses what is cut short or absurd, without asking for memory', () => {
    const refused: ((reader: Reader) => unknown)[] = [
      (reader) => reader.int64(),
      (reader) => reader.string(),
      (reader) => reader.compactString(),
      (reader) => reader.nullableBytes(),
      (reader) => reader.array(() => reader.int8()),
      (reader) => reader.compactArray(() => reader.int8()),
      (reader) => reader.uvarint() + reader.uvarint(),
      (reader) => reader.tags(),
      (reader) => reader.skip(-1),
    ];
    for (const read of refused) {
      expect(() => read(new Reader(Uint8Array.of(0x7f, 0xff, 0xff, 0xff, 0xff)))).toThrow(MalformedResponseError);
      expect(() => read(new Reader(new Uint8Array()))).toThrow(MalformedResponseError);
    }
    expect(() => new Reader(Uint8Array.of(0x7f, 255, 255, 255, 255, 255, 255, 255)).int64()).toThrow(/too large/);
  });
});
