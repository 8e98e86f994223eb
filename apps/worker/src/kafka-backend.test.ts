import { describe, expect, it } from 'vitest';
import { kafkaWorkerSettings } from './kafka-backend.ts';

describe('what the environment says of a worker on Kafka', () => {
  it('leaves names, copies and the session to defaults when nothing is set', () => {
    expect(kafkaWorkerSettings({})).toEqual({ groupInstanceId: null, standbys: 0, sessionTimeoutMs: undefined });
  });

  it('takes what is set', () => {
    const settings = { MILLRACE_WORKER_NAME: 'a-1', MILLRACE_STANDBYS: '2', MILLRACE_SESSION_TIMEOUT_MS: '6000' };
    expect(kafkaWorkerSettings(settings)).toEqual({ groupInstanceId: 'a-1', standbys: 2, sessionTimeoutMs: 6_000 });
  });

  it.each(['2999', 'soon', '6000.5'])('refuses a session of %s in words', (value) => {
    expect(() => kafkaWorkerSettings({ MILLRACE_SESSION_TIMEOUT_MS: value })).toThrow(
      'MILLRACE_SESSION_TIMEOUT_MS must be a whole number of milliseconds, 3000 or more.',
    );
  });
});
