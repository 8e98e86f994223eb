import { expect, test } from './millrace.ts';

test('the example is opened, deployed, watched, and its store looked into', async ({
  millrace,
  page,
  live,
}, testInfo) => {
  await test.step('the first page says what to do', async () => {
    await expect(page.getByRole('heading', { name: 'Draw a pipeline, run it, look inside.' })).toBeVisible();
    await expect(page.getByRole('button', { name: 'Open flight delays' })).toBeVisible();
    await expect(page.getByRole('button', { name: 'Blank canvas' })).toBeVisible();
    await expect(page.getByRole('heading', { name: 'Busy routes' })).toBeVisible();
    await expect(millrace.status).toContainText('Connected');
    await millrace.picture('empty', testInfo);
  });

  await test.step('it opens as a draft of six nodes without problems', async () => {
    await millrace.openExample('Flight delays');
    await expect(millrace.nodes).toHaveCount(6);
    await expect(millrace.top.getByText('Draft', { exact: true })).toBeVisible();
    await expect(millrace.dock.getByText('No problems. This pipeline can be deployed.')).toBeVisible();
    for (const name of ['flights', 'delayed-only', 'airports', 'with-airport', 'by-state', 'delays-by-state'])
      await expect(millrace.node(name)).toBeVisible();
    await millrace.select('delayed-only');
    await expect(millrace.editor('Keep records where')).toHaveText('value.delay > 15');
    await expect(millrace.inspector.getByRole('cell', { name: 'distance' })).toBeVisible();
    await millrace.picture('editing', testInfo);
  });

  await test.step('deploying shows its plan first', async () => {
    await millrace.deployButton.click();
    const dialog = page.getByRole('dialog', { name: 'Deploy Flight delays' });
    const plan = dialog.getByRole('table', { name: 'Topology' });
    await expect(plan.getByRole('row', { name: /flight-delays-by-state.* new$/ })).toBeVisible();
    await expect(plan.getByRole('row', { name: /delays-by-state created, 4 partitions/ })).toBeVisible();
    await expect(plan.getByRole('row', { name: /repartition.* created, 4 partitions/ })).toBeVisible();
    await expect(plan.getByRole('row', { name: 'positions from the earliest records' })).toBeVisible();
    await dialog.getByText('Topology', { exact: true }).click();
    await expect(dialog.getByText('Sub-topology: 0')).toBeVisible();
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await expect(dialog).toBeHidden();
    await expect(millrace.state).toBeHidden();
    await millrace.deploy();
    await expect(millrace.canvas).toHaveAttribute('data-view', 'live');
  });

  await test.step('rates move, totals grow, fates balance', async () => {
    await millrace.select('delayed-only');
    const first = await millrace.totalAbove(20_000);
    await millrace.totalAbove(first);
    await expect(millrace.inspector.getByText('balances')).toBeVisible();
    await expect(millrace.node('flights').locator('.rate')).toHaveText(/^[1-9][\d.,]*( k)?\/s$/);
    await expect(millrace.node('airports')).toContainText('3,376 rows');
    await expect(millrace.node('delays-by-state')).toContainText(/[1-9][\d.,]*( k)? written/);
    const rate = millrace.canvas.locator('.edge-label').filter({ hasText: '/s' }).first();
    await expect(rate).toHaveText(/[1-9][\d.,]*( k)?\/s/);
    const shown = (await rate.textContent()) ?? '';
    await expect(rate).not.toHaveText(shown);
    await millrace.select('by-state');
    await millrace.runForPicture(testInfo);
    await millrace.picture('running', testInfo);
    await millrace.switchTheme();
    await millrace.picture('running-dark', testInfo);
    await millrace.switchTheme();
  });

  await test.step('a state is found in its store', async () => {
    await millrace.inspector.getByRole('tab', { name: 'Store' }).click();
    await millrace.inspector.getByRole('button', { name: 'Open store flight-delays-by-state' }).click();
    await millrace.store.getByRole('searchbox', { name: 'Find a key' }).fill('CA');
    const keys = millrace.store.getByRole('button', { name: /^[A-Z]{2}$/ });
    await expect(keys.first()).toHaveText('CA');
    await expect(millrace.store.getByTestId('store-coverage')).toHaveText(/^Complete\s*4 of 4 partitions/);
    await millrace.store.getByRole('button', { name: 'Close' }).click();
  });

  await test.step('stopped and started again, totals go on', async () => {
    await millrace.select('flights');
    await millrace.top.getByRole('button', { name: 'Stop' }).click();
    await expect(millrace.state).toHaveText('Stopped');
    const stoppedAt = await millrace.total();
    expect(stoppedAt).toBeGreaterThan(20_000);
    const from = live.count;
    await millrace.top.getByRole('button', { name: 'Start' }).click();
    await expect(millrace.state).toHaveText('Running');
    await millrace.totalAbove(stoppedAt);
    expect(Math.min(...live.totalsOf('flights', from))).toBeGreaterThanOrEqual(stoppedAt);
  });

  await test.step('a reset asks first', async () => {
    await millrace.top.getByRole('button', { name: 'Stop' }).click();
    await expect(millrace.state).toHaveText('Stopped');
    const stoppedAt = await millrace.total();
    const reset = millrace.top.getByRole('button', { name: 'Reset to earliest' });
    const dialog = page.getByRole('dialog', { name: 'Reset Flight delays to earliest' });
    await reset.click();
    await expect(dialog).toContainText('everything in its stores');
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await expect(dialog).toBeHidden();
    expect(await millrace.total()).toBe(stoppedAt);
    const from = live.count;
    await reset.click();
    await dialog.getByRole('button', { name: 'Reset to earliest' }).click();
    await expect(page.getByText('Reset. The next start reads from the earliest records.')).toBeVisible();
    await expect.poll(() => Math.min(...live.totalsOf('flights', from))).toBe(0);
    await millrace.top.getByRole('button', { name: 'Start' }).click();
    await millrace.totalAbove(20_000);
  });

  await test.step('its topic can be read', async () => {
    await millrace.view('Edit');
    await millrace.dock.getByRole('tab', { name: 'Topics' }).click();
    await millrace.dock.getByRole('button', { name: /^delays-by-state / }).click();
    const records = millrace.dock.getByRole('table', { name: 'Newest records of delays-by-state' });
    await expect(
      records.getByRole('row', { name: / [A-Z]{2}, \d\d:00 – \d\d:00 .*averageDelay/ }).first(),
    ).toBeVisible();
  });
});
