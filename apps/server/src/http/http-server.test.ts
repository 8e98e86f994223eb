import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ServerUnderTest } from '../testing/server-under-test.ts';

let designer: string;
let server: ServerUnderTest;

beforeAll(async () => {
  designer = mkdtempSync(join(tmpdir(), 'millrace-designer-'));
  mkdirSync(join(designer, 'assets'));
  writeFileSync(join(designer, 'index.html'), '<!doctype html><title>page</title>');
  writeFileSync(join(designer, 'assets', 'app-1a2b.js'), 'console.log(1)');
  server = await new ServerUnderTest({}, { designerDirectory: designer }).start();
});

afterAll(async () => {
  await server.remove();
  rmSync(designer, { recursive: true, force: true });
});

const create = '/api/pipelines.create';
const body = JSON.stringify({ id: 'made-by-force', name: 'Made by force' });

/** What our own page sends; tests change one thing. */
function own(headers: { readonly [name: string]: string } = {}): { [name: string]: string } {
  return {
    origin: server.address,
    'sec-fetch-site': 'same-origin',
    'content-type': 'application/json',
    'x-millrace': '1',
    ...headers,
  };
}

async function expectNothingMade(): Promise<void> {
  expect((await server.overHttp().pipelines.list.query()).map(({ id }) => id)).not.toContain('made-by-force');
}

describe('refusals', { timeout: 30_000 }, () => {
  it('answers to its own names only', async () => {
    const port = new URL(server.address).port;
    for (const host of [
      `evil.example:${port}`,
      `127.0.0.1.evil.example:${port}`,
      '127.0.0.1',
      `127.0.0.1:${Number(port) + 1}`,
    ]) {
      expect((await server.send('GET', '/', { host })).status).toBe(421);
      expect((await server.send('GET', '/api/system.info', { host })).status).toBe(421);
      expect((await server.send('POST', create, own({ host, origin: `http://${host}` }), body)).status).toBe(421);
      expect(await server.upgrade({ host, origin: `http://${host}` })).toBe(421);
    }
    for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`]) {
      expect((await server.send('GET', '/healthz', { host })).status).toBe(200);
    }
    await expectNothingMade();
  });

  it('refuses every origin but its own', async () => {
    const port = new URL(server.address).port;
    for (const origin of [
      'http://evil.example',
      'null',
      `https://${server.host}`,
      `http://localhost:${port}`,
      'http://127.0.0.1',
      '',
    ]) {
      expect((await server.send('POST', create, own({ origin }), body)).status).toBe(403);
      expect((await server.send('GET', '/api/system.info', { origin })).status).toBe(403);
      expect(await server.upgrade({ origin })).toBe(403);
    }
    await expectNothingMade();
  });

  it('refuses requests without an origin unless a program says that it is one', async () => {
    const { origin: _, 'sec-fetch-site': __, 'x-millrace': ___, ...bare } = own();
    expect((await server.send('POST', create, bare, body)).status).toBe(403);
    expect(await server.upgrade({})).toBe(403);
    expect(await server.upgrade({ 'x-millrace': '1' })).toBe(101);
    expect(await server.upgrade({ origin: server.address })).toBe(101);
    await expectNothingMade();
  });

  it('refuses what a browser says comes from another site, but lets a person follow a link to the page', async () => {
    for (const site of ['cross-site', 'same-site']) {
      expect((await server.send('POST', create, own({ 'sec-fetch-site': site }), body)).status).toBe(403);
      expect((await server.send('GET', '/api/system.info', { 'sec-fetch-site': site })).status).toBe(403);
      expect(await server.upgrade({ origin: server.address, 'sec-fetch-site': site })).toBe(403);
      const link = { 'sec-fetch-site': site, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
      expect((await server.send('GET', '/', link)).status).toBe(200);
      expect((await server.send('GET', '/api/system.info', link)).status).toBe(403);
      expect((await server.send('GET', '/', { ...link, 'sec-fetch-dest': 'iframe' })).status).toBe(403);
    }
    await expectNothingMade();
  });

  it('refuses forms, and bodies of any type but JSON', async () => {
    const types = [
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'text/plain',
      'application/octet-stream',
      'application/jsonp',
      '',
    ];
    for (const type of types)
      expect((await server.send('POST', create, own({ 'content-type': type }), body)).status).toBe(415);
    await expectNothingMade();
  });

  it('wants the header on every change over HTTP', async () => {
    const { 'x-millrace': _, ...without } = own();
    expect((await server.send('POST', create, without, body)).status).toBe(403);
    await expectNothingMade();
  });

  it('changes nothing by GET, nor by other methods', async () => {
    const input = encodeURIComponent(body);
    expect((await server.send('GET', `${create}?input=${input}`)).status).toBe(405);
    expect((await server.send('GET', `${create}?batch=1&input=${encodeURIComponent(`{"0":${body}}`)}`)).status).toBe(
      405,
    );
    for (const method of ['PUT', 'PATCH', 'DELETE', 'OPTIONS'])
      expect((await server.send(method, create, own(), body)).status).toBe(405);
    await expectNothingMade();
  });

  it('refuses bodies above 1 MiB, announced or not', async () => {
    const large = JSON.stringify({ id: 'made-by-force', name: 'x'.repeat(1024 * 1024) });
    expect((await server.send('POST', create, own({ 'content-length': `${large.length}` }), large)).status).toBe(413);
    const chunked = await server.send('POST', create, own({ 'transfer-encoding': 'chunked' }), large);
    expect(chunked.status).toBe(413);
    await expectNothingMade();
  });

  it('refuses more than 20 calls in one request or message', async () => {
    const paths = Array.from({ length: 21 }, () => 'system.info').join(',');
    expect((await server.send('GET', `/api/${paths}?batch=1&input=%7B%7D`)).status).toBe(400);
    const socket = await server.socket();
    const calls = Array.from({ length: 21 }, (_, id) => ({ id, method: 'query', params: { path: 'system.info' } }));
    const answers: { id: unknown; error?: unknown }[] = [];
    socket.on('message', (data) => answers.push(JSON.parse(String(data))));
    const first = new Promise((resolve) => socket.once('message', resolve));
    socket.send(JSON.stringify(calls));
    await first;
    expect(answers).toHaveLength(1);
    expect(answers[0]).toMatchObject({ id: null, error: { data: { code: 'PARSE_ERROR' } } });
  });

  it('gives live data over the WebSocket alone', async () => {
    const input = encodeURIComponent(JSON.stringify({ pipelineId: 'any' }));
    const { body: said } = await server.send('GET', `/api/deployments.live?input=${input}`);
    expect(said).toContain('METHOD_NOT_SUPPORTED');
    expect(said).not.toContain('deployment"');
  });

  it('closes a WebSocket that sends a message above 1 MiB', async () => {
    const socket = await server.socket();
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.send('x'.repeat(1024 * 1024 + 1));
    expect(await closed).toBe(1009);
  });

  it('outlives connection parameters and messages that make no sense', async () => {
    const socket = await server.socket();
    for (const message of [
      '',
      'null',
      '[]',
      '{"id":1}',
      '{"id":{},"method":"query","params":1}',
      '{"__proto__":{"x":1}}',
    ])
      socket.send(message);
    expect(await server.upgrade({ origin: server.address }, '/api?connectionParams=1')).toBe(101);
    expect((await server.send('GET', '/healthz')).status).toBe(200);
    expect(await server.upgrade({ origin: server.address }, '/else')).toBe(404);
  });

  it('tells nothing of its inside', async () => {
    const answer = await server.send('POST', create, own(), '{"id": 5');
    expect(answer.status).toBe(400);
    expect(answer.body).not.toMatch(/\n\s+at |\\n\s+at |node_modules|\.ts\b|stack/);
  });
});

describe('normal use', { timeout: 30_000 }, () => {
  it('answers calls over HTTP and over a WebSocket', async () => {
    const http = server.overHttp();
    const socket = server.overWebSocket();
    expect(await http.system.info.query()).toEqual({ version: '0.0.0-test', backend: 'embedded', readOnly: null });
    const made = await socket.pipelines.create.mutate({ id: 'mine', name: 'Mine' });
    expect(made).toMatchObject({ revision: 1, pipeline: { id: 'mine', name: 'Mine', nodes: [] } });
    expect((await http.pipelines.get.query({ id: 'mine' })).pipeline.name).toBe('Mine');
  });

  it('puts what is wrong with an input into words', async () => {
    const refusal = server.overHttp().pipelines.create.mutate({ id: 'Not An Id', name: 'x' });
    await expect(refusal).rejects.toThrow(/does not fit\. id:/);
    await expect(server.overHttp().pipelines.get.query({ id: 'nowhere' })).rejects.toMatchObject({
      message: 'There is no pipeline nowhere. It may have been deleted.',
      data: { code: 'NOT_FOUND', reason: 'not-found' },
    });
  });

  it('serves the designer, at the addresses of pipelines too, and nothing else', async () => {
    for (const address of ['/', '/p/flight-delays', '/p/x?tab=live']) {
      const answer = await server.send('GET', address);
      expect(answer.body).toContain('<title>page</title>');
      expect(answer.headers['cache-control']).toBe('no-cache');
    }
    const script = await server.send('GET', '/assets/app-1a2b.js');
    expect(script.headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
    });
    for (const address of [
      '/../package.json',
      '/%2e%2e/package.json',
      '/assets/..%2findex.html',
      '/p/a/b',
      '/etc/passwd',
      '/__proto__',
    ]) {
      expect((await server.send('GET', address)).status).toBe(404);
    }
  });

  it('sends the security headers with every answer, refusals included', async () => {
    for (const [path, headers] of [
      ['/', {}],
      ['/api/system.info', {}],
      ['/nowhere', {}],
      ['/', { host: 'evil.example' }],
    ] as const) {
      const answer = await server.send('GET', path, headers);
      expect(answer.headers['content-security-policy']).toMatch(
        /^default-src 'none'; script-src 'self'; style-src 'self';/,
      );
      expect(answer.headers['content-security-policy']).toContain("frame-ancestors 'none'");
      expect(answer.headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
      });
      expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
      expect(answer.headers).not.toHaveProperty('x-powered-by');
    }
  });
});

describe('start', { timeout: 30_000 }, () => {
  it('says that the designer is not built', async () => {
    const bare = await new ServerUnderTest({}, { designerDirectory: join(designer, 'missing') }).start();
    try {
      expect((await bare.send('GET', '/')).body).toContain('npm run build');
    } finally {
      await bare.remove();
    }
  });

  it('names the busy port and two ways out', async () => {
    const other = createServer();
    const port = await new Promise<number>((resolve) => {
      other.listen(0, '127.0.0.1', () => resolve((other.address() as { port: number }).port));
    });
    const late = new ServerUnderTest({ port });
    try {
      await expect(late.start()).rejects.toThrow(
        `Port ${port} is taken by another program. Start on another one: npm start -- --port`,
      );
      await expect(late.start()).rejects.toThrow(/Or stop what holds it/);
    } finally {
      await late.remove();
      await new Promise((resolve) => other.close(resolve));
    }
  });

  it('lets one server work on a directory', async () => {
    const second = new ServerUnderTest({ dataDirectory: server.directory });
    await expect(second.start()).rejects.toMatchObject({ code: 'directory-in-use' });
    expect((await server.send('GET', '/healthz')).body).toBe('ok');
  });
});
