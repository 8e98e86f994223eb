import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from './millrace.ts';

test.use({ serverArguments: ['--examples-speed', '0'] });

/** @returns where it lies, `topic-partition @ offset` */
async function append(dataDirectory: string, topic: string, key: string, value: string): Promise<string> {
  const program = fileURLToPath(new URL('append-record.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--import',
    'tsx',
    program,
    dataDirectory,
    topic,
    key,
    value,
  ]);
  return stdout.trim();
}

test('a record that fails shows on its node with cause and place, and lies in the dead-letter topic', async ({
  millrace,
  page,
  server,
}) => {
  await millrace.openExample('Flight delays');
  await millrace.deploy();
  await millrace.select('flights');
  await millrace.totalAbove(19_999);

  await test.step('bytes that are no JSON fail at the source', async () => {
    const place = await append(server.dataDirectory, 'flights', 'DTW', '{"date": "2001-04-01 00:');
    const pin = millrace.node('flights').getByRole('button', { name: '1 failed' });
    await expect(pin).toBeVisible();
    await pin.click();
    const details = page.getByRole('dialog', { name: '1 failed' });
    await expect(details).toContainText(/JSON/);
    await expect(details).toContainText(place);
    await page.keyboard.press('Escape');
    await expect(details).toBeHidden();
    await expect(millrace.inspector.getByText('balances')).toBeVisible();
    await expect(millrace.inspector.getByRole('row', { name: 'Failed 1' })).toBeVisible();
    await millrace.inspector.getByRole('tab', { name: 'Errors 1' }).click();
    await expect(millrace.inspector).toContainText(place);
  });

  await test.step('an expression that throws fails at its node, with the part at fault', async () => {
    const late = JSON.stringify({
      date: '2001-04-01 00:00',
      delay: null,
      distance: 1,
      origin: 'DTW',
      destination: 'X',
    });
    const place = await append(server.dataDirectory, 'flights', 'DTW', late);
    const pin = millrace.node('delayed-only').getByRole('button', { name: '1 failed' });
    await expect(pin).toBeVisible();
    await pin.click();
    const details = page.getByRole('dialog', { name: '1 failed' });
    await expect(details).toContainText('value.delay > 15');
    await expect(details).toContainText(place);
    await page.keyboard.press('Escape');
  });

  await test.step('both lie in the dead-letter topic', async () => {
    await millrace.outline.getByRole('button', { name: 'dead letters 2' }).click();
    const letters = page.getByRole('table', { name: /^Newest records of .*dead/ });
    await expect(letters.getByRole('button', { name: /^flights: / })).toBeVisible();
    await letters.getByRole('button', { name: /^delayed-only: / }).click();
    await expect(letters.getByText(/flights-\d@\d+/)).toBeVisible();
  });
});
