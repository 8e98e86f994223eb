import type { JSHandle, Page } from '@playwright/test';
import type { CanvasPage } from './canvas-page.ts';
import { expect, test } from './millrace.ts';

/** What the page says of the deployment from now on: each state, and each note over the canvas. */
function watchState(page: Page): Promise<JSHandle<string[]>> {
  return page.evaluateHandle(() => {
    const seen: string[] = [];
    const look = (): void => {
      for (const { textContent } of document.querySelectorAll('[data-testid=deployment-state], .canvas-banner'))
        if (textContent !== null && !seen.includes(textContent)) seen.push(textContent);
    };
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
    return seen;
  });
}

/** A total that is surely committed: a later one was shown, and those come further apart than commits. */
async function committedTotal(millrace: CanvasPage): Promise<number> {
  const total = await millrace.totalAbove(20_000);
  await millrace.totalAbove(total);
  return total;
}

test('a worker that dies is started again, and totals go on', async ({ millrace, live, page }) => {
  await millrace.openExample('Flight delays');
  await millrace.deploy();
  await millrace.select('flights');
  const before = await committedTotal(millrace);
  const pid = live.newest?.worker?.pid ?? 0;
  expect(pid).toBeGreaterThan(1);
  const seen = await watchState(page);
  const from = live.count;

  process.kill(pid, 'SIGKILL');
  await expect.poll(() => live.newest?.worker?.pid ?? pid).not.toBe(pid);
  await expect(millrace.state).toHaveText('Running');

  expect(await seen.jsonValue()).toEqual(
    expect.arrayContaining(['Starting', expect.stringMatching(/worker.* starts? again/), 'Running']),
  );
  await expect(millrace.canvas.getByText(/starts? again/)).toBeHidden();
  await millrace.totalAbove(before);
  expect(Math.min(...live.totalsOf('flights', from))).toBeGreaterThanOrEqual(before);
});

test.describe('when the server goes', () => {
  test.use({ expectedComplaints: /ERR_CONNECTION_REFUSED|WebSocket connection to/ });

  test('the page says so, greys its numbers, and recovers by itself', async ({ millrace, page, server, live }) => {
    await millrace.openExample('Flight delays');
    await millrace.deploy();
    await millrace.select('flights');
    const before = await committedTotal(millrace);
    const figureColour = () => millrace.inspector.getByRole('row', { name: /^In / }).evaluate(colourOfLast);
    const fresh = await figureColour();
    await page.evaluate(() => Object.assign(window, { isSamePage: true }));

    await server.kill();
    await expect(millrace.status.getByText('Reconnecting…')).toBeVisible();
    await expect.poll(figureColour).not.toBe(fresh);
    expect(await millrace.total()).toBeGreaterThanOrEqual(before);

    const from = live.count;
    await server.startAgain();
    await expect(millrace.status.getByText('Connected')).toBeVisible();
    await expect(millrace.state).toHaveText('Running');
    await expect.poll(figureColour).toBe(fresh);
    await millrace.totalAbove(before);
    expect(Math.min(...live.totalsOf('flights', from))).toBeGreaterThanOrEqual(before);
    expect(await page.evaluate(() => 'isSamePage' in window)).toBe(true);
  });
});

function colourOfLast(row: HTMLElement | SVGElement): string {
  return getComputedStyle(row.querySelector('td:last-child') ?? row).color;
}
