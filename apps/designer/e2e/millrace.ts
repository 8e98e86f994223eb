import { test as base } from '@playwright/test';
import { CanvasPage } from './canvas-page.ts';
import { LiveFrames } from './live-frames.ts';
import { RunningServer } from './running-server.ts';

export { expect } from '@playwright/test';

interface Fixtures {
  /** Arguments of the server, besides directory and port. */
  serverArguments: readonly string[];
  /** Complaints of the browser that a test provokes on purpose. */
  expectedComplaints: RegExp | null;
  server: RunningServer;
  live: LiveFrames;
  millrace: CanvasPage;
}

/**
 * A test with a server of its own, and a page that stands under watch: what the browser complains about (the content security policy
 * among it), what throws, and what is asked of any other host fails the test.
 */
export const test = base.extend<Fixtures>({
  serverArguments: [[], { option: true }],
  expectedComplaints: [null, { option: true }],

  server: async ({ serverArguments }, use) => {
    const server = await RunningServer.start(serverArguments);
    await use(server);
    await server.dispose();
  },

  live: async ({ page }, use) => {
    await use(LiveFrames.of(page));
  },

  millrace: async ({ page, server, live, expectedComplaints }, use) => {
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (message.type() !== 'error') return;
      const text = `${message.text()} (${message.location().url})`;
      if (expectedComplaints === null || !expectedComplaints.test(text)) complaints.push(text);
    });
    page.on('pageerror', (error) => complaints.push(`${error.name}: ${error.message}`));
    page.on('request', (request) => {
      const { protocol, origin } = new URL(request.url());
      if (protocol !== 'data:' && protocol !== 'blob:' && origin !== server.address)
        complaints.push(`a request to ${request.url()}`);
    });
    await page.goto(server.address);
    await use(new CanvasPage(page));
    base.expect(complaints).toEqual([]);
    base.expect(live.unbalanced()).toEqual([]);
    await page.close();
  },
});
