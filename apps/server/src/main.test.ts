import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ApiRouter } from '@millrace/api';
import { EmbeddedLog } from '@millrace/backend-embedded';
import { createTRPCClient, httpBatchLink } from '@trpc/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readToEnd } from './control/topic-reader.ts';
import { isAlive, processIdentitySchema } from './data/process-identity.ts';
import { FlightLaps } from './examples/flight-laps.ts';
import { readRecordedTopic } from './examples/recorded-topic.ts';
import { eventually, realPlaces } from './testing/server-under-test.ts';

let directory: string;
const started: ChildProcess[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-main-'));
});
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});

const main = fileURLToPath(new URL('main.ts', import.meta.url));

class Program {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  output = '';
  errors = '';

  constructor(...args: string[]) {
    this.child = spawn(process.execPath, [
      '--import',
      'tsx',
      main,
      '--data',
      join(directory, 'data'),
      '--port',
      '0',
      ...args,
    ]);
    started.push(this.child);
    this.child.stdout?.on('data', (text) => {
      this.output += text;
    });
    this.child.stderr?.on('data', (text) => {
      this.errors += text;
    });
    this.ended = new Promise((resolve) => this.child.once('close', resolve));
  }

  /** Its address; fails when it ends before it has one. */
  async address(): Promise<string> {
    const isOver = this.ended.then(() => true);
    for (;;) {
      const address = /http:\/\/\S+/.exec(this.output)?.[0];
      if (address !== undefined) return address;
      if (await Promise.race([isOver, new Promise<false>((resolve) => setTimeout(resolve, 10, false))])) {
        throw new Error(`the server ended: ${this.errors}`);
      }
    }
  }
}

describe('the server as a program', { timeout: 60_000 }, () => {
  it('says where it is, keeps its data to its owner, and ends with 0', async () => {
    const server = new Program('--no-examples');
    const address = await server.address();
    expect(server.output).toBe(`Millrace runs at ${address}\n`);
    expect(await (await fetch(`${address}/healthz`)).text()).toBe('ok');
    expect(statSync(join(directory, 'data')).mode & 0o777).toBe(0o700);
    server.child.kill('SIGTERM');
    expect(await server.ended).toBe(0);
  });

  it('refuses a directory that another one uses, and takes it over when that one was killed', async () => {
    const first = new Program('--no-examples');
    await first.address();
    const second = new Program('--no-examples');
    expect(await second.ended).toBe(1);
    expect(second.errors).toMatch(new RegExp(`process ${first.child.pid}.*works on .*--data OTHER-DIRECTORY`));
    first.child.kill('SIGKILL');
    await first.ended;
    await new Program('--no-examples').address();
  });

  it('refuses to be open to other machines', async () => {
    const server = new Program('--host', '0.0.0.0');
    expect(await server.ended).toBe(1);
    expect(server.errors).toContain('no sign-in and no TLS');
  });

  it.skipIf(!existsSync(realPlaces.workerMain))(
    'leaves no reader of stopped stores behind when it is killed',
    async () => {
      const server = new Program('--examples-speed', '0');
      const url = `${await server.address()}/api`;
      const api = createTRPCClient<ApiRouter>({ links: [httpBatchLink({ url, headers: { 'x-millrace': '1' } })] });
      await api.examples.open.mutate({ id: 'flight-delays' });
      await api.deployments.deploy.mutate({ pipelineId: 'flight-delays' });
      await api.deployments.stop.mutate({ pipelineId: 'flight-delays' });
      const query = { store: 'flight-delays-by-state-store', select: { by: 'all' as const } };
      const page = await api.stores.query.query({ pipelineId: 'flight-delays', query });
      expect(page).toMatchObject({ isLive: false, coverage: { answered: 4, partitions: 4 } });
      const note = join(directory, 'data', 'workers', 'flight-delays.json');
      const reader = processIdentitySchema.parse(JSON.parse(readFileSync(note, 'utf8')));
      server.child.kill('SIGKILL');
      await server.ended;
      await eventually(() => !isAlive(reader));
    },
  );

  it.skipIf(!existsSync(realPlaces.workerMain))(
    'starts though a worker of an earlier server is stuck, perhaps in the middle of a write',
    async () => {
      for (let round = 0; round < 3; round++) {
        const server = new Program('--examples-speed', '1000');
        const url = `${await server.address()}/api`;
        const api = createTRPCClient<ApiRouter>({ links: [httpBatchLink({ url, headers: { 'x-millrace': '1' } })] });
        if (round === 0) {
          await api.examples.open.mutate({ id: 'flight-delays' });
          await api.deployments.deploy.mutate({ pipelineId: 'flight-delays' });
        }
        const note = join(directory, 'data', 'workers', 'flight-delays.json');
        await eventually(() => existsSync(note));
        const worker = processIdentitySchema.parse(JSON.parse(readFileSync(note, 'utf8')));
        await new Promise((resolve) => setTimeout(resolve, 300));
        process.kill(worker.pid, 'SIGSTOP');
        server.child.kill('SIGKILL');
        // Not `ended`: the stuck worker keeps its server's output open.
        await once(server.child, 'exit');
        expect(isAlive(worker)).toBe(true);
        const next = new Program();
        await next.address();
        expect(isAlive(worker)).toBe(false);
        next.child.kill('SIGTERM');
        await next.ended;
      }
    },
    60_000,
  );

  it('plays the flights without gap or duplicate through kills', async () => {
    const speed = '20000';
    for (let kill = 0; kill < 4; kill++) {
      const server = new Program('--examples-speed', speed);
      // The first two are killed while they fill, wherever they are; the others while they play.
      if (kill < 2) await new Promise((resolve) => setTimeout(resolve, 700 + 150 * kill));
      else {
        await server.address();
        await new Promise((resolve) => setTimeout(resolve, 317));
      }
      server.child.kill('SIGKILL');
      await server.ended;
    }
    const log = await EmbeddedLog.open({ directory: join(directory, 'data', 'log') });
    try {
      const laps = new FlightLaps(
        await readRecordedTopic(join(realPlaces.examplesDirectory, 'flight-delays', 'flights.ndjson')),
      );
      const written: string[] = [];
      for (const partition of [0, 1, 2, 3]) {
        let last = 0;
        for await (const batch of readToEnd(log, 'flights', partition, 0)) {
          for (let index = 0; index < batch.count; index++) {
            const timestamp = batch.timestamps[index] ?? 0;
            if (timestamp < last) throw new Error(`flights-${partition} @ ${batch.offset(index)} goes back in time`);
            last = timestamp;
            written.push(new TextDecoder().decode(batch.value(index) ?? new Uint8Array()));
          }
        }
      }
      expect(written.length).toBeGreaterThan(laps.length);
      const expected = Array.from({ length: written.length }, (_, number) => `${laps.flight(number)?.value}`);
      expect(written.sort()).toEqual(expected.sort());
    } finally {
      await log.close();
    }
  });

  it('says in one line which Kafka broker cannot be reached, and ends', async () => {
    const server = new Program('--kafka', '127.0.0.1:1', '--no-examples');
    expect(await server.ended).toBe(1);
    expect(server.errors).toMatch(/^Kafka broker 127\.0\.0\.1:1 cannot be reached .*\n$/);
  });

  it('has a text for --help', async () => {
    const server = new Program('--help');
    expect(await server.ended).toBe(0);
    for (const argument of readFileSync(new URL('settings.ts', import.meta.url), 'utf8').matchAll(/\['(--[a-z-]+)'/g)) {
      expect(server.output).toContain(argument[1]);
    }
  });
});
