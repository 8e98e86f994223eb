import { describe, expect, it } from 'vitest';
import { isLoopback, readSettings, SettingsError } from './settings.ts';

describe('readSettings', () => {
  it('has defaults for everything', () => {
    expect(readSettings([], {})).toEqual({
      dataDirectory: '.millrace',
      port: 4816,
      host: '127.0.0.1',
      examplesSpeed: 30,
      examples: true,
    });
  });

  it('takes arguments before the environment', () => {
    const settings = readSettings(['--port', '4900', '--data=/d', '--no-examples'], {
      MILLRACE_PORT: '1',
      MILLRACE_EXAMPLES_SPEED: '7',
    });
    expect(settings).toMatchObject({ port: 4900, dataDirectory: '/d', examples: false, examplesSpeed: 7 });
  });

  it('refuses to listen to other machines, and says why', () => {
    for (const host of ['0.0.0.0', '::', '192.168.1.4', 'example.org', '127.0.0.1.example.org']) {
      expect(() => readSettings(['--host', host], {})).toThrow(/no sign-in and no TLS/);
    }
  });

  it('refuses what it does not know', () => {
    expect(() => readSettings(['--prot', '1'], {})).toThrow(SettingsError);
    expect(() => readSettings(['--port', 'x'], {})).toThrow(/whole number/);
    expect(() => readSettings(['--port', '70000'], {})).toThrow(/65535/);
    expect(() => readSettings(['--data'], {})).toThrow(/needs a value/);
  });
});

describe('isLoopback', () => {
  it('knows the addresses of this machine', () => {
    for (const host of ['127.0.0.1', '127.9.9.9', '::1', 'localhost']) expect(isLoopback(host)).toBe(true);
  });
});
