import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DirectoryInUseError, ServerLock } from './server-lock.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-lock-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const lockPath = (): string => join(directory, 'server.lock');

describe('ServerLock', () => {
  it('lets one server in and names it to the second', () => {
    const lock = ServerLock.take(directory);
    expect(() => ServerLock.take(directory)).toThrow(DirectoryInUseError);
    expect(() => ServerLock.take(directory)).toThrow(new RegExp(`process ${process.pid}.*npm start -- --data`));
    lock.release();
    expect(existsSync(lockPath())).toBe(false);
    ServerLock.take(directory).release();
  });

  it('takes over the lock of a process that died', async () => {
    const child = spawn(process.execPath, ['-e', '']);
    await new Promise((resolve) => child.once('exit', resolve));
    writeFileSync(lockPath(), JSON.stringify({ pid: child.pid, start: null, startedAt: 'before' }));
    ServerLock.take(directory).release();
  });

  it.runIf(process.platform === 'linux')('takes over when the process id belongs to another program now', () => {
    writeFileSync(lockPath(), JSON.stringify({ pid: process.pid, start: 'another-boot/1', startedAt: 'before' }));
    const lock = ServerLock.take(directory);
    expect(JSON.parse(readFileSync(lockPath(), 'utf8'))).toMatchObject({ pid: process.pid });
    lock.release();
  });

  it('takes over a file that is no lock', () => {
    writeFileSync(lockPath(), '{"pid":');
    ServerLock.take(directory).release();
  });

  it('does not remove a lock that is no longer its own', () => {
    const lock = ServerLock.take(directory);
    writeFileSync(lockPath(), JSON.stringify({ pid: 1, start: null, startedAt: 'later' }));
    lock.release();
    expect(existsSync(lockPath())).toBe(true);
  });
});
