import { expect, test } from './millrace.ts';
import { type TextFinding, textFindings } from './text-findings.ts';

const sizes = [
  { width: 1440, height: 900 },
  { width: 1280, height: 800 },
] as const;

test('every text of the main states can be read, in both themes', async ({ millrace, page }) => {
  /** Both themes and both sizes of the state that the page is in. */
  const check = async (state: string): Promise<void> => {
    for (const theme of ['light', 'dark']) {
      await expect(page.locator('html')).toHaveAttribute('data-theme', theme);
      for (const size of sizes) {
        await page.setViewportSize(size);
        const { seen, findings } = await textFindings(page);
        expect.soft(seen, `texts seen in ${state}`).toBeGreaterThan(10);
        expect.soft(findings.map(inWords), `${state}, ${theme}, ${size.width} × ${size.height}`).toEqual([]);
      }
      await page.setViewportSize(sizes[0]);
      await millrace.switchTheme();
    }
  };

  await expect(page.getByRole('heading', { name: 'Busy routes' })).toBeVisible();
  await check('first run');

  await millrace.openExample('Flight delays');
  await expect(millrace.deployButton).toBeEnabled();
  await millrace.select('by-state');
  await expect(millrace.editor('For each')).toHaveText('value.airport.state');
  await check('edit');

  await millrace.select('delayed-only');
  await millrace.type('Keep records where', 'value.delays > 15');
  await expect(millrace.top.getByRole('button', { name: '1 problem' })).toBeVisible();
  await check('edit with a problem');

  await millrace.dock.getByRole('button', { name: 'Use delay', exact: true }).click();
  await expect(millrace.deployButton).toBeEnabled();
  await millrace.dock.getByRole('tab', { name: 'Topics' }).click();
  await millrace.dock.getByRole('button', { name: /^flights / }).click();
  await expect(millrace.dock.getByRole('table', { name: 'Newest records of flights' })).toBeVisible();
  await check('topics');

  await millrace.deploy();
  await millrace.select('by-state');
  await millrace.totalAbove(4000);
  await check('live');

  await millrace.inspector.getByRole('tab', { name: 'Store' }).click();
  await millrace.inspector.getByRole('button', { name: 'Open store flight-delays-by-state' }).click();
  const entries = millrace.store.getByRole('region', { name: 'entries' });
  await expect(entries.getByText(/closed at stream time/).first()).toBeVisible();
  await check('store');
});

test('the check finds what is planted', async ({ millrace, page }) => {
  await expect(millrace.status).toContainText('Connected');
  await expect(page.getByRole('heading', { name: 'Busy routes' })).toBeVisible();
  await page.evaluate(() => {
    const style = (selector: string, properties: Partial<CSSStyleDeclaration>): void => {
      const element = document.querySelector<HTMLElement>(selector);
      if (element === null) throw new Error(`There is no ${selector}.`);
      Object.assign(element.style, properties);
    };
    style('.hero p', { color: '#9aa5a7' });
    style('.status', { fontSize: '9px' });
    style('.cards h3', { width: '20px', overflow: 'hidden', whiteSpace: 'nowrap' });
    style('.cards + h2, h2', { marginTop: '-120px' });
    style('.top', { width: '1500px' });
  });
  const { findings } = await textFindings(page);
  expect([...new Set(findings.map(({ rule }) => rule))].sort()).toEqual([
    'contrast',
    'cut',
    'overflow',
    'overlap',
    'size',
  ]);
});

function inWords({ rule, text, detail }: TextFinding): string {
  return `${rule}: “${text}”, ${detail}`;
}
