import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from './millrace.ts';
import { textFindings } from './text-findings.ts';

test.use({ serverArguments: ['--examples-speed', '0'] });

async function lose(dataDirectory: string, topic: string, partition: number, count: number): Promise<void> {
  const program = fileURLToPath(new URL('lose-records.ts', import.meta.url));
  const args = ['--import', 'tsx', program, dataDirectory, topic, String(partition), String(count)];
  await promisify(execFile)(process.execPath, args);
}

test('records that were removed before they were read are counted where they are missing', async ({
  millrace,
  page,
  server,
}, testInfo) => {
  await millrace.openExample('Flight delays');
  await millrace.deploy();
  await millrace.select('flights');
  await millrace.totalAbove(19_999);
  await millrace.top.getByRole('button', { name: 'Stop' }).click();
  await expect(millrace.state).toHaveText('Stopped');
  await lose(server.dataDirectory, 'flights', 2, 1_234);
  await expect(millrace.status.getByText(/lost$/)).toBeHidden();
  await millrace.top.getByRole('button', { name: 'Start' }).click();

  const pin = millrace.node('flights').getByRole('button', { name: '1,234 lost' });
  await expect(pin).toBeVisible();
  await expect(millrace.canvas.getByRole('button', { name: /lost$/ })).toHaveCount(1);
  await pin.click();
  const details = page.getByRole('dialog', { name: '1,234 lost' });
  await expect(details).toContainText('1,234 records were removed before they were read.');
  await expect(details.getByRole('listitem')).toHaveText('flights-21,234');
  await expect(details).toContainText('Reset to earliest');
  expect((await textFindings(page)).findings).toEqual([]);
  await millrace.picture('retention', testInfo);
  await page.keyboard.press('Escape');
  await expect(details).toBeHidden();

  await millrace.select('by-state');
  await expect(millrace.inspector.getByText(/were removed/)).toBeHidden();
  await millrace.status.getByRole('button', { name: '1,234 records lost' }).click();
  await expect(millrace.inspector.getByRole('heading', { name: 'flights' })).toBeVisible();
  await expect(millrace.inspector.getByText('1,234 records were removed before they were read.')).toBeVisible();
  expect((await textFindings(page)).findings).toEqual([]);
  await millrace.switchTheme();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  expect((await textFindings(page)).findings).toEqual([]);
});
