import type { Pipeline } from '@millrace/engine';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Autosave, type SaveOutcome, type SaveState } from './autosave.ts';

function named(name: string): Pipeline {
  return {
    formatVersion: 1,
    id: 'p',
    name,
    description: '',
    nodes: [],
    edges: [],
    settings: {
      guarantee: 'exactly-once',
      commitIntervalMs: 100,
      errorPolicy: 'dead-letter',
      cacheBytes: 0,
      maxIdleMs: 0,
      emitIntervalMs: 0,
    },
    layout: { nodes: [], notes: [] },
  };
}

interface Call {
  readonly name: string;
  readonly revision: number;
  answer(outcome: SaveOutcome): void;
}

function start() {
  const calls: Call[] = [];
  const states: SaveState['at'][] = [];
  const autosave = new Autosave({
    revision: 7,
    save: (pipeline, revision) => new Promise((answer) => calls.push({ name: pipeline.name, revision, answer })),
    onState: (state) => states.push(state.at),
  });
  return { autosave, calls, states };
}

const saved = (revision: number): SaveOutcome => ({ saved: true, revision, savedAtMs: 0 });

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe('Autosave', () => {
  it('saves the newest document once, some time after the last change', async () => {
    const { autosave, calls, states } = start();
    autosave.change(named('a'));
    await vi.advanceTimersByTimeAsync(500);
    autosave.change(named('b'));
    await vi.advanceTimersByTimeAsync(500);
    expect(calls).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(100);
    expect(calls.map((call) => [call.name, call.revision])).toEqual([['b', 7]]);
    calls[0]?.answer(saved(8));
    await vi.advanceTimersByTimeAsync(0);
    expect(states).toEqual(['waiting', 'waiting', 'saving', 'saved']);
    expect(autosave.hasUnsaved).toBe(false);
  });

  it('never has two saves under way, and builds on the revision of the first', async () => {
    const { autosave, calls } = start();
    autosave.change(named('a'));
    await vi.advanceTimersByTimeAsync(600);
    autosave.change(named('b'));
    await vi.advanceTimersByTimeAsync(2000);
    expect(calls).toHaveLength(1);
    calls[0]?.answer(saved(8));
    await vi.advanceTimersByTimeAsync(0);
    expect(calls.map((call) => [call.name, call.revision])).toEqual([
      ['a', 7],
      ['b', 8],
    ]);
  });

  it('stops at a conflict and does not overwrite the other document', async () => {
    const { autosave, calls, states } = start();
    autosave.change(named('a'));
    await vi.advanceTimersByTimeAsync(600);
    autosave.change(named('b'));
    calls[0]?.answer({ saved: false, conflict: true, message: 'somebody else saved' });
    await vi.advanceTimersByTimeAsync(10_000);
    autosave.change(named('c'));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(calls).toHaveLength(1);
    expect(states.at(-1)).toBe('conflict');
  });

  it('tries again after a failure, with the newest document', async () => {
    const { autosave, calls, states } = start();
    autosave.change(named('a'));
    await vi.advanceTimersByTimeAsync(600);
    calls[0]?.answer({ saved: false, conflict: false, message: 'no answer' });
    await vi.advanceTimersByTimeAsync(0);
    expect(states.at(-1)).toBe('failed');
    await vi.advanceTimersByTimeAsync(5000);
    expect(calls.map((call) => [call.name, call.revision])).toEqual([
      ['a', 7],
      ['a', 7],
    ]);
  });

  it('flushes what waits, and ends although the save fails', async () => {
    const { autosave, calls } = start();
    autosave.change(named('a'));
    const flushed = autosave.flush();
    await vi.advanceTimersByTimeAsync(0);
    expect(calls).toHaveLength(1);
    calls[0]?.answer({ saved: false, conflict: false, message: 'no answer' });
    await flushed;
    expect(autosave.hasUnsaved).toBe(true);
  });
});
