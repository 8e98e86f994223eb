import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameReader, prefixBytes } from './frame-reader.ts';

function frameOf(content: Uint8Array): Uint8Array {
  const frame = new Uint8Array(prefixBytes + content.byteLength);
  new DataView(frame.buffer).setInt32(0, content.byteLength);
  frame.set(content, prefixBytes);
  return frame;
}

/** What a reader hands on of the pieces; each is overwritten once it was taken, as a socket's memory is. */
function framesOf(pieces: readonly Uint8Array[]): Uint8Array[] {
  const frames: Uint8Array[] = [];
  const reader = new FrameReader((frame) => frames.push(frame.slice()));
  for (const piece of pieces) {
    reader.take(piece);
    piece.fill(0xff);
  }
  return frames;
}

describe('frame reader', () => {
  it('gives the same frames however the stream is cut', () => {
    const contents = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 12 });
    fc.assert(
      fc.property(contents, fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 40 }), (contents, lengths) => {
        const frames = contents.map(frameOf);
        const stream = Uint8Array.from(frames.flatMap((frame) => [...frame]));
        const pieces: Uint8Array[] = [];
        let at = 0;
        for (const length of lengths) {
          if (at >= stream.byteLength) break;
          pieces.push(stream.slice(at, at + length));
          at += length;
        }
        if (at < stream.byteLength) pieces.push(stream.slice(at));
        expect(framesOf(pieces)).toEqual(frames);
      }),
    );
  });

  it('gives every frame when each byte comes by itself', () => {
    const frames = [new Uint8Array(), Uint8Array.of(1), new Uint8Array(1000).fill(7)].map(frameOf);
    const bytes = frames.flatMap((frame) => [...frame]).map((byte) => Uint8Array.of(byte));
    expect(framesOf(bytes)).toEqual(frames);
  });

  it('puts a frame together that is larger than what it keeps and what it trusts, and goes on with small ones', () => {
    const large = frameOf(new Uint8Array(40 * 1024 * 1024).map((_, at) => at % 251));
    const small = frameOf(Uint8Array.of(1, 2, 3));
    const pieces = [small.slice()];
    for (let at = 0; at < large.byteLength; at += 1_000_000) pieces.push(large.slice(at, at + 1_000_000));
    pieces.push(small.slice());
    const frames = framesOf(pieces);
    expect(frames.map(({ byteLength }) => byteLength)).toEqual([small.byteLength, large.byteLength, small.byteLength]);
    expect(Buffer.compare(frames[1] as Uint8Array, large)).toBe(0);
  });

  it('takes 16 MiB at the most for a frame that is only announced', () => {
    const before = process.memoryUsage().arrayBuffers;
    const readers = Array.from({ length: 20 }, () => new FrameReader(() => undefined));
    for (const reader of readers) reader.take(Uint8Array.of(0x7f, 0xff, 0xff, 0xff, 1));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20 * 17 * 1024 * 1024);
  });

  it('refuses a frame of a negative length, whether its prefix comes at once or not', () => {
    const reader = (): FrameReader => new FrameReader(() => undefined);
    expect(() => reader().take(Uint8Array.of(0x80, 0, 0, 0))).toThrow(RangeError);
    const slow = reader();
    slow.take(Uint8Array.of(0xff));
    expect(() => slow.take(Uint8Array.of(0xff, 0xff, 0xff, 0xff))).toThrow(RangeError);
  });
});
