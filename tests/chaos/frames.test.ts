import { expect, it } from 'vitest';
import { Frames } from './frames.ts';

it('finds the same frames however the bytes are cut', () => {
  const sent = [Buffer.from('one'), Buffer.alloc(0), Buffer.from('three')].map((body) => {
    const length = Buffer.alloc(4);
    length.writeInt32BE(body.length);
    return Buffer.concat([length, body]);
  });
  const bytes = Buffer.concat(sent);
  for (let size = 1; size <= bytes.length; size++) {
    const frames = new Frames();
    const found: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += size) found.push(...frames.add(bytes.subarray(at, at + size)));
    expect(found.map((frame) => frame.toString('hex'))).toEqual(sent.map((frame) => frame.toString('hex')));
  }
});
