import { MemoryLog } from '@millrace/engine';
import { describe, expect, it } from 'vitest';
import { auditTopic, ControlLog, controlTopic } from './control-log.ts';
import { readToEnd } from './topic-reader.ts';

const nowMs = (): number => 1_000;

async function valuesOf(log: MemoryLog, topic: string): Promise<unknown[]> {
  const values: unknown[] = [];
  for await (const batch of readToEnd(log, topic, 0, 0)) {
    for (let index = 0; index < batch.count; index++) {
      const value = batch.value(index);
      values.push(value === null ? null : JSON.parse(new TextDecoder().decode(value)));
    }
  }
  return values;
}

describe('ControlLog', () => {
  it('remembers documents over a restart, removed ones not', async () => {
    const log = new MemoryLog();
    const first = await ControlLog.open(log, nowMs);
    await first.change('a.create', [
      { key: 'a/1', document: { name: 'één' } },
      { key: 'b/1', document: [1, 2] },
    ]);
    await first.change('b.remove', [{ key: 'b/1', document: null }]);
    const second = await ControlLog.open(log, nowMs);
    expect(second.documents('a/')).toEqual([['1', { name: 'één' }]]);
    expect(second.document('b/1')).toBeUndefined();
  });

  it('keeps a document larger than a chunk, and a shorter one after it', async () => {
    const log = new MemoryLog();
    const first = await ControlLog.open(log, nowMs);
    // Characters of three bytes, so that a chunk ends inside one.
    const long = { text: '水'.repeat(600_000) };
    await first.change('save', [{ key: 'p/x', document: long }]);
    expect((await ControlLog.open(log, nowMs)).document('p/x')).toEqual(long);
    await first.change('save', [{ key: 'p/x', document: { text: 'short' } }]);
    const second = await ControlLog.open(log, nowMs);
    expect(second.document('p/x')).toEqual({ text: 'short' });
    // A change after a replay knows how many chunks there were.
    await second.change('save', [{ key: 'p/x', document: long }]);
    await second.change('save', [{ key: 'p/x', document: null }]);
    expect((await ControlLog.open(log, nowMs)).documents('')).toEqual([]);
  });

  it('writes an audit line with each change, with what was there before and after', async () => {
    const log = new MemoryLog();
    const control = await ControlLog.open(log, nowMs);
    await control.change('pipeline.create', [{ key: 'pipeline/x', document: { revision: 1 } }]);
    await control.change('pipeline.remove', [{ key: 'pipeline/x', document: null }]);
    const [created, removed] = (await valuesOf(log, auditTopic)) as {
      action: string;
      before: unknown;
      after: unknown;
    }[];
    expect(created).toMatchObject({ action: 'pipeline.create', subject: 'pipeline/x', by: 'local', before: null });
    expect(removed).toMatchObject({ action: 'pipeline.remove', before: created?.after, after: null });
  });

  it('shows a change only when it is durable', async () => {
    const log = new MemoryLog();
    const control = await ControlLog.open(log, nowMs);
    await log.deleteTopics([controlTopic]);
    await expect(control.change('save', [{ key: 'p/x', document: {} }])).rejects.toThrow();
    expect(control.document('p/x')).toBeUndefined();
  });
});
