import { expect, it } from 'vitest';
import { decodeAssignment, decodeSubscription, encodeAssignment, encodeSubscription } from './consumer-protocol.ts';
import { decodeReport, decodeShare, encodeReport, encodeShare } from './user-data.ts';

const partitions = [
  { topic: 'a', partition: 0 },
  { topic: 'a', partition: 2 },
  { topic: 'b', partition: 1 },
];

it('reads a subscription as it was written', () => {
  const subscription = { topics: ['a', 'b'], userData: new Uint8Array([1, 2]), ownedPartitions: partitions };
  expect(decodeSubscription(encodeSubscription(subscription))).toEqual(subscription);
});

it('writes the bytes of ConsumerProtocolSubscription version 1', () => {
  const bytes = encodeSubscription({ topics: ['t'], userData: null, ownedPartitions: [{ topic: 't', partition: 7 }] });
  expect([...bytes]).toEqual([
    ...[0, 1], // version
    ...[0, 0, 0, 1, 0, 1, 116], // topics
    ...[255, 255, 255, 255], // no user data
    ...[0, 0, 0, 1, 0, 1, 116, 0, 0, 0, 1, 0, 0, 0, 7], // owned partitions
  ]);
});

it('reads subscriptions of other versions as far as they are the same', () => {
  const older = new Uint8Array([0, 0, 0, 0, 0, 1, 0, 1, 116, 0, 0, 0, 1, 9]);
  expect(decodeSubscription(older)).toEqual({ topics: ['t'], userData: new Uint8Array([9]), ownedPartitions: [] });
  const newer = encodeSubscription({ topics: ['t'], userData: new Uint8Array([9]), ownedPartitions: partitions });
  newer[1] = 3;
  const generationAndRack = [0, 0, 0, 5, 255, 255];
  expect(decodeSubscription(new Uint8Array([...newer, ...generationAndRack])).ownedPartitions).toEqual(partitions);
});

it('reads an assignment as it was written', () => {
  const assignment = { partitions, userData: new Uint8Array([3]) };
  expect(decodeAssignment(encodeAssignment(assignment))).toEqual(assignment);
});

it('reads what members and the leader say to each other', () => {
  const report = { topology: 'x', capacity: 2, owned: [['0_1', 3]], lags: [['1_0', 40]], asked: 1 } as const;
  expect(decodeReport(encodeReport(report))).toEqual(report);
  const share = { active: ['0_0'], standby: ['1_1'], isProvisional: true };
  expect(decodeShare(encodeShare(share))).toEqual(share);
});

it('takes a report that it cannot read for none, and a share for nothing', () => {
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  const good = { version: 1, topology: 'x', capacity: 1, owned: [], lags: [], asked: 0 };
  expect(decodeReport(bytes(JSON.stringify(good)))).not.toBeNull();
  for (const change of [
    { version: 2 },
    { topology: 3 },
    { capacity: 0 },
    { capacity: 'much' },
    { owned: [['0_0']] },
    { owned: {} },
    { lags: [[1, 1]] },
    { asked: null },
  ])
    expect(decodeReport(bytes(JSON.stringify({ ...good, ...change })))).toBeNull();
  for (const unreadable of [null, bytes(''), bytes('{'), bytes('null'), new Uint8Array([255])]) {
    expect(decodeReport(unreadable)).toBeNull();
    expect(decodeShare(unreadable)).toEqual({ active: [], standby: [], isProvisional: false });
  }
});
