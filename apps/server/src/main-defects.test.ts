import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const main = fileURLToPath(new URL('main.ts', import.meta.url));

describe('a defect of the server', { timeout: 60_000 }, () => {
  it.each([
    ['an exception that nobody caught', 'setImmediate(() => { throw new Error("the defect"); })'],
    ['a failure that nobody waited for', 'Promise.reject(new Error("the defect"))'],
  ])('ends it at once, since what it holds in memory may be wrong: %s', async (_what, defect) => {
    const directory = mkdtempSync(join(tmpdir(), 'millrace-defect-'));
    const breaks = `data:text/javascript,process.once("SIGUSR2", () => { ${defect} })`;
    const args = ['--import', 'tsx', '--import', breaks, main, '--data', directory, '--port', '0', '--no-examples'];
    const server = spawn(process.execPath, args);
    try {
      let output = '';
      server.stderr.on('data', (text) => {
        output += text;
      });
      const ended = once(server, 'close');
      await once(server.stdout, 'data');
      server.kill('SIGUSR2');
      const [, signal] = await ended;
      expect(signal).toBe('SIGKILL');
      expect(output).toContain('the defect');
      expect(output).toContain('what is committed is safe');
    } finally {
      server.kill('SIGKILL');
      rmSync(directory, { recursive: true, force: true });
    }
  });
});
