import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { encodeBatch, type Log, type TopicCleanup, type TopicSpec } from '@millrace/engine';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EmbeddedLog } from './embedded-log.ts';
import { canMount, LogChild } from './testing/child-process.ts';
import { application, taskId } from './testing/log-child.ts';

let directory: string;
const children: LogChild[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'millrace-log-'));
});

afterEach(async () => {
  for (const child of children.splice(0)) await child.kill();
  await rm(directory, { recursive: true });
});

function child(mode: string, diskBytes?: number): LogChild {
  const started = new LogChild(mode, directory, diskBytes);
  children.push(started);
  return started;
}

function spec(name: string, cleanup?: TopicCleanup): TopicSpec {
  const keep: TopicCleanup = { policy: 'delete', retentionMs: null, retentionBytes: null };
  return { name, partitions: 1, role: 'external', cleanup: cleanup ?? keep, owner: null };
}

const everything = { maxBytesPerPartition: Number.MAX_SAFE_INTEGER, maxWaitMs: 0 };

/** `key=value` of every record of partition 0. */
async function records(log: Log, topic: string): Promise<string[]> {
  const [result] = await log.read([{ topic, partition: 0, offset: 0 }], everything);
  return (result?.batches ?? []).flatMap((batch) =>
    Array.from({ length: batch.count }, (_, index) => {
      const value = batch.text(batch.valueStarts[index] ?? 0, batch.valueEnds[index] ?? 0);
      return `${batch.keyByteString(index)}=${value}`;
    }),
  );
}

describe('two processes on one log', () => {
  it('see what others append, by looking now and then, and lose nothing of it', async () => {
    const log = await EmbeddedLog.open({ directory, pollMs: 10 });
    await log.ensureTopics([spec('in')]);
    const appending = [child('append'), child('append')];
    let offset = 0;
    while (offset < 40) {
      const [result] = await log.read([{ topic: 'in', partition: 0, offset }], { ...everything, maxWaitMs: 60_000 });
      offset = result?.batches.at(-1)?.nextOffset ?? offset;
    }
    await Promise.all(appending.map((one) => one.line('done')));
    const expected = Array.from({ length: 40 }, (_, index) => `${index >> 1}=${index >> 1}`);
    expect((await records(log, 'in')).sort()).toEqual(expected.sort());
    await log.close();
  }, 20_000);

  it('see it at once when they are told', async () => {
    const log = await EmbeddedLog.open({ directory, pollMs: 1_000_000 });
    await log.ensureTopics([spec('in')]);
    const reading = log.read([{ topic: 'in', partition: 0, offset: 0 }], { ...everything, maxWaitMs: 1_000_000 });
    await child('append').line('done');
    log.wake();
    expect((await reading)[0]?.endOffset).toBe(20);
    await log.close();
  }, 20_000);

  it('know at once of topics that the other made or deleted', async () => {
    const log = await EmbeddedLog.open({ directory });
    await log.ensureTopics([spec('in')]);
    await child('append').line('done');
    await log.deleteTopics(['in']);
    await log.ensureTopics([spec('other'), spec('in')]);
    const second = child('append');
    await second.line('done');
    expect((await records(log, 'in')).length).toBe(20);
    expect(await records(log, 'other')).toEqual([]);
    await log.close();
  }, 20_000);
});

describe('a process that is killed', () => {
  it('leaves whole commits, and all that it acknowledged', async () => {
    const rounds = 12;
    const log = await EmbeddedLog.open({ directory });
    const compact: TopicCleanup = { policy: 'compact', historyMs: 0, historyBytes: null };
    await log.ensureTopics([spec('in'), spec('out'), spec('twice'), spec('latest', compact)]);
    await log.close();
    let committedBefore = -1;
    for (let round = 0; round < rounds; round++) {
      // Every second time this process has the log open too, and keeps it open over the kill.
      const watching = round % 2 === 0 ? null : await EmbeddedLog.open({ directory });
      const committing = child('commit');
      await committing.line('acknowledged');
      await setTimeout(Math.random() * 150);
      await committing.kill();
      const reopened = watching ?? (await EmbeddedLog.open({ directory }));
      const acknowledged = Number(committing.lines.at(-1)?.split(' ')[1]);

      const committed = await reopened.committed(application, taskId);
      const last = Number(committed?.state);
      expect(last).toBeGreaterThanOrEqual(acknowledged);
      expect(last).toBeGreaterThan(committedBefore);
      expect(committed?.positions).toEqual([{ topic: 'in', partition: 0, offset: last + 1 }]);
      const expected = Array.from({ length: last + 1 }, (_, index) => `${index}=${index}`);
      expect(await records(reopened, 'out')).toEqual(expected);
      expect(await records(reopened, 'twice')).toEqual(expected.flatMap((record) => [record, record]));
      const latest = new Map(
        (await records(reopened, 'latest')).map((record) => record.split('=') as [string, string]),
      );
      for (let value = Math.max(0, last - 6); value <= last; value++) {
        expect(latest.get(`key-${value % 7}`)).toBe(`${value}`);
      }
      committedBefore = last;
      await reopened.close();
    }
    expect(committedBefore).toBeGreaterThan(rounds);
  }, 60_000);
});

describe('a process that ends itself while it writes', () => {
  it('is gone at once, and others can write', async () => {
    const log = await EmbeddedLog.open({ directory });
    await log.ensureTopics([spec('in')]);
    for (let round = 0; round < 5; round++) {
      const ending = child('end');
      await ending.line('ready');
      await ending.ended();
      // What it wrote last may be there although it had not been told so, and show itself only with the next write.
      const before = (await records(log, 'in')).length;
      const mine = `${round}`;
      await log.append([{ topic: 'in', partition: 0, batch: encodeBatch([{ key: mine, value: mine, timestamp: 0 }]) }]);
      const after = await records(log, 'in');
      expect(after.length).toBeGreaterThan(before);
      expect(after.at(-1)).toBe(`${mine}=${mine}`);
    }
    await log.close();
  }, 30_000);
});

describe('a disk that is full', () => {
  it.skipIf(!canMount())(
    'refuses, keeps what it acknowledged, and rejects nothing behind anybody’s back',
    async () => {
      const filling = child('fill', 4 * 1024 * 1024);
      await filling.ended();
      expect(filling.lines).toEqual(['ready', 'refused disk-full true', 'intact']);
    },
    20_000,
  );
});
