import { describe, expect, it } from 'vitest';
import { keeperDownSchema } from './keeper-down.ts';
import { keeperUpSchema } from './keeper-up.ts';

const topology = {
  pipeline: 'p',
  commitIntervalMs: 100,
  guarantee: 'exactly-once',
  subTopologies: [],
  stores: [],
  globalTables: [],
  topics: [],
  deadLetterTopic: 'p-dead-letters',
  commitsTopic: 'p-commits',
};
const run = { type: 'run', pipelineId: 'p', runId: 'r', stateId: 's', topology };
const hello = { type: 'hello', keeperId: 'k', pid: 1, fingerprint: null, runs: [{ pipelineId: 'p', runId: 'r' }] };
const ended = { type: 'ended', pipelineId: 'p', index: 0, name: 'n', message: 'm', startsInMs: 500, failure: null };

describe('what a server says to a keeper', () => {
  it('is taken in every form', () => {
    for (const message of [
      { type: 'keep', runs: [] },
      { type: 'refused', message: 'why' },
      run,
      { type: 'halt', pipelineId: 'p', withinMs: 10_000 },
      { type: 'ask', pipelineId: 'p', pid: 1, requestId: 1, query: { store: 's', select: { by: 'all' } } },
      { type: 'end', withinMs: 0 },
    ]) {
      expect(keeperDownSchema.safeParse(message)).toMatchObject({ success: true });
    }
  });

  it('is refused when it is something else, or more than it should be', () => {
    for (const message of [
      { type: 'deploy', topology },
      { ...run, topology: {} },
      { ...run, environment: {} },
      { type: 'halt', pipelineId: 'p'.repeat(64), withinMs: 0 },
      { type: 'end', withinMs: -1 },
    ]) {
      expect(keeperDownSchema.safeParse(message).success).toBe(false);
    }
  });
});

describe('what a keeper says', () => {
  it('is taken in every form', () => {
    for (const message of [
      hello,
      { type: 'started', pipelineId: 'p', index: 0, pid: 2, name: 'n', member: 'n-1' },
      { type: 'said', pipelineId: 'p', index: 0, message: { type: 'trouble', message: null } },
      ended,
      { ...ended, startsInMs: null, failure: { message: 'm', node: 'in' } },
      { type: 'halted', pipelineId: 'p' },
      { type: 'leaving' },
    ]) {
      expect(keeperUpSchema.safeParse(message)).toMatchObject({ success: true });
    }
  });

  it('is refused when it is something else, or more than it should be', () => {
    for (const message of [
      { type: 'said', pipelineId: 'p', index: 0, message: { type: 'weather' } },
      { ...hello, keeperId: '' },
      { ...hello, keeperId: 'k'.repeat(201) },
      { ...hello, token: 'secret' },
      { ...ended, startsInMs: Number.NaN },
      { ...ended, index: -1 },
    ]) {
      expect(keeperUpSchema.safeParse(message).success).toBe(false);
    }
  });
});
