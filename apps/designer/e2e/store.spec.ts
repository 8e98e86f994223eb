import { expect, test } from './millrace.ts';
import { textFindings } from './text-findings.ts';

// Slow enough for a person to follow what changes.
test.use({ serverArguments: ['--examples-speed', '10'] });

test('a store is looked into while it fills: windows, a key, changes, coverage', async ({
  millrace,
  page,
}, testInfo) => {
  await millrace.openExample('Flight delays');
  await millrace.deploy();
  await millrace.select('by-state');
  await millrace.totalAbove(4000);
  await millrace.inspector.getByRole('tab', { name: 'Store' }).click();
  await millrace.inspector.getByRole('button', { name: 'Open store flight-delays-by-state' }).click();
  const { store } = millrace;
  const entries = store.getByRole('region', { name: 'entries' });
  const coverage = store.getByTestId('store-coverage');
  const keys = entries.getByRole('button', { name: /^[A-Z]{2}$/ });
  const search = store.getByRole('searchbox', { name: 'Find a key' });

  await test.step('windows are windows, with start, end and closing', async () => {
    await expect(store.getByRole('heading', { name: 'by-state' })).toBeVisible();
    await expect(store).toContainText('windows 1 h, grace 10 min');
    await expect(entries.getByText(/^\d\d:00 – \d\d:00$/).first()).toBeVisible();
    await expect(entries.getByText(/closes at stream time \d\d:10/).first()).toBeVisible();
    await expect(entries.getByText(/closed at stream time \d\d:10/).first()).toBeVisible();
    await expect(coverage).toHaveText(/^Complete\s*4 of 4 partitions, \d+ of [\d,]+ entries shown/);
  });

  await test.step('Follow shows the old value struck beside the new', async () => {
    await expect(store.getByRole('switch', { name: 'Follow' })).toBeChecked();
    const struck = entries.locator('s').filter({ visible: true }).first();
    const open = entries.getByText('open', { exact: true }).first();
    await expect(async () => {
      await expect(open).toBeVisible({ timeout: 100 });
      await expect(struck).toBeVisible({ timeout: 100 });
    }).toPass({ intervals: [50] });
    await millrace.picture('store', testInfo);
  });

  await test.step('a state is found, in every window that has it', async () => {
    await search.fill('TX');
    await expect(keys.filter({ hasNotText: 'TX' })).toHaveCount(0);
    await expect(keys.first()).toHaveText('TX');
    await expect(coverage).toHaveText(/^Complete\s*4 of 4 partitions/);
    await keys.first().click();
    await expect(store.getByText('Entry TX')).toBeVisible();
    await expect(store.getByText(/"averageDelay": \d/)).toBeVisible();
  });

  await test.step('one that is not there is none, and only after a complete search', async () => {
    await search.fill('Texas');
    await expect(entries.getByText('None.')).toBeVisible();
    await expect(coverage).toHaveText(/^Complete/);
    await search.fill('');
    await expect(keys.filter({ hasNotText: 'TX' }).first()).toBeVisible();
  });

  await test.step('without Follow it stands still', async () => {
    const follow = store.getByRole('switch', { name: 'Follow' });
    await follow.click();
    await expect(follow).not.toBeChecked();
    await expect(coverage.getByText(/^read ([3-9]|\d\d) s ago$/)).toBeVisible();
  });

  const asOf = store.getByTestId('store-as-of');

  await test.step('of a stopped pipeline it holds what the last commit left, and says so', async () => {
    await expect(asOf).toBeHidden();
    await millrace.top.getByRole('button', { name: 'Stop' }).click();
    await expect(millrace.state).toHaveText('Stopped');
    await expect(asOf).toHaveText('Stopped: as of the last commit');
    await expect(coverage).toHaveText(/^Complete\s*4 of 4 partitions, [1-9]\d* of [1-9][\d,]* entries shown/);
    await expect(entries.getByText(/closed at stream time \d\d:10/).first()).toBeVisible();
    expect((await textFindings(page)).findings).toEqual([]);
    await millrace.picture('store-stopped', testInfo);
    await search.fill('CA');
    await expect(keys.filter({ hasNotText: 'CA' })).toHaveCount(0);
    await expect(keys.first()).toHaveText('CA');
    await expect(coverage).toHaveText(/^Complete/);
  });

  await test.step('it is there after a reload of the page too', async () => {
    await page.reload();
    await expect(asOf).toHaveText('Stopped: as of the last commit');
    await expect(keys.first()).toBeVisible();
    await expect(coverage).toHaveText(/^Complete/);
  });

  await test.step('and it fills again once the pipeline runs', async () => {
    await millrace.top.getByRole('button', { name: 'Start' }).click();
    await expect(millrace.state).toHaveText('Running');
    await expect(asOf).toBeHidden();
    await search.fill('CA');
    await expect(coverage).toHaveText(/^Complete/);
    await expect(keys.first()).toHaveText('CA');
  });
});
