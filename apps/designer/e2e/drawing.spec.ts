import type { Locator } from '@playwright/test';
import { expect, test } from './millrace.ts';

test('all six kinds are drawn by mouse on an empty canvas, deployed, saved, renamed, deleted', async ({
  millrace,
  page,
}) => {
  await millrace.newPipeline('Hours lost');
  await expect(millrace.canvas.getByText('Nothing here yet.')).toBeVisible();
  await expect(millrace.deployButton).toBeDisabled();

  await test.step('two sources', async () => {
    await millrace.dragIn('Source', { x: 180, y: 70 });
    await millrace.renameSelected('source', 'flights');
    await millrace.chooseTopic('flights');
    await millrace.inspector.getByRole('combobox', { name: 'Event time from' }).selectOption('A field of the value');
    await millrace.inspector.getByRole('textbox', { name: 'Field' }).fill('date');
    await expect(millrace.node('flights')).toContainText('topic flights, time from date');

    await millrace.dragIn('Source', { x: 600, y: 320 });
    await millrace.renameSelected('source-2', 'airports');
    await millrace.chooseTopic('airports');
    await millrace.inspector.getByRole('combobox', { name: 'Read as' }).selectOption('Table');
    await expect(millrace.node('airports')).toContainText('source · table');
  });

  await test.step('a filter, wired and typed with the help of completion', async () => {
    await millrace.dragIn('Filter', { x: 180, y: 200 });
    await millrace.wire(millrace.output('flights', 'Stream'), millrace.input('filter', 'Records'));
    await expect(millrace.edge('flights', 'filter')).toBeAttached();
    await millrace.editor('Keep records where').click();
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.type('value.de');
    await millrace.inspector.getByRole('option', { name: /^delay/ }).click();
    await page.keyboard.type(' > 15');
    await expect(millrace.editor('Keep records where')).toHaveText('value.delay > 15');
    await expect(millrace.node('filter')).toContainText('value.delay > 15');
  });

  await test.step('a map, placed by two clicks', async () => {
    await millrace.rail.getByRole('button', { name: 'Map' }).click();
    await millrace.canvas.click({ position: { x: 180, y: 330 } });
    await millrace.wire(millrace.output('filter', 'Kept'), millrace.input('map', 'Records'));
    await millrace.type('New value', '{ ...value, hours: value.delay / 60 }');
    await millrace.inspector.getByRole('tab', { name: 'Output' }).click();
    await expect(millrace.inspector.getByRole('row', { name: 'hours number' })).toBeVisible();
  });

  await test.step('a join of stream and table', async () => {
    await millrace.dragIn('Join', { x: 390, y: 460 });
    await millrace.wire(millrace.output('map', 'Mapped'), millrace.input('join', 'Left'));
    await millrace.wire(millrace.output('airports', 'Table'), millrace.input('join', 'Right'));
    await millrace.inspector.getByRole('combobox', { name: 'Without a partner' }).selectOption('Drop it (inner join)');
    await millrace.type('Joined value', '{ hours: left.hours, state: right.state }');
  });

  await test.step('an aggregate in windows', async () => {
    await millrace.dragIn('Aggregate', { x: 390, y: 590 });
    await millrace.wire(millrace.output('join', 'Joined'), millrace.input('aggregate', 'Records'));
    await millrace.type('For each', 'value.state');
    await millrace.inspector.getByRole('combobox', { name: 'Window' }).selectOption('Tumbling');
    await millrace.inspector.getByRole('textbox', { name: 'Length' }).fill('1');
    await millrace.inspector.getByRole('combobox', { name: 'Unit of Length' }).selectOption('days');
    await millrace.inspector.getByRole('button', { name: 'Add a result' }).click();
    const result = millrace.inspector.getByRole('group', { name: 'result2' });
    await result.getByRole('combobox', { name: 'Function' }).selectOption('sum');
    await millrace.type('Value to aggregate: result2', 'value.hours');
    await result.getByRole('textbox', { name: 'Name of the result' }).fill('hours');
    await expect(millrace.node('aggregate')).toContainText('1 day windows');
  });

  await test.step('a sink; then no problem is left', async () => {
    await millrace.dragIn('Sink', { x: 720, y: 590 });
    await millrace.moveNode('sink', { x: -24, y: -16 });
    await millrace.inspector.getByRole('combobox', { name: 'Topic' }).fill('hours-by-state');
    await expect(millrace.inspector.getByText('hours-by-state does not exist yet. Deploying makes it.')).toBeVisible();
    await page.keyboard.press('Enter');
    await millrace.inspector.getByRole('spinbutton', { name: 'Partitions' }).fill('2');
    await expect(millrace.deployButton).toBeDisabled();
    await millrace.wire(millrace.output('aggregate', 'Results'), millrace.input('sink', 'Records'));
    await expect(millrace.edge('aggregate', 'sink')).toBeAttached();
    await expect(millrace.nodes).toHaveCount(7);
    await expect(millrace.dock.getByText('No problems. This pipeline can be deployed.')).toBeVisible();
  });

  const openSettings = async (): Promise<Locator> => {
    await millrace.top.getByRole('button', { name: 'Hours lost, pipeline menu' }).click();
    await page.getByRole('menuitem', { name: 'Settings' }).click();
    return page.getByRole('dialog', { name: 'Settings of Hours lost' });
  };
  await test.step('settings are changed, and refused where they cannot be', async () => {
    const settings = await openSettings();
    await settings.getByRole('textbox', { name: 'Commit every' }).fill('5');
    await expect(settings.getByText('From 10 ms to 1 min. The setting stays as it was.')).toBeVisible();
    await settings.getByRole('textbox', { name: 'Commit every' }).fill('250');
    await expect(settings.getByText('The setting stays as it was.')).toBeHidden();
    await settings.getByRole('textbox', { name: 'Description' }).fill('Hours that travellers lose.');
    await millrace.picture('settings', test.info());
    await settings.getByRole('button', { name: 'Done' }).click();
    await expect(settings).toBeHidden();
  });

  await test.step('it is still there after a reload', async () => {
    await expect(millrace.status.getByText(/^Draft saved /)).toBeVisible();
    await page.reload();
    await expect(millrace.nodes).toHaveCount(7);
    await expect(millrace.edge('airports', 'join')).toBeAttached();
    await millrace.select('filter');
    await expect(millrace.editor('Keep records where')).toHaveText('value.delay > 15');
    const settings = await openSettings();
    await expect(settings.getByRole('textbox', { name: 'Commit every' })).toHaveValue('250');
    await expect(settings.getByRole('textbox', { name: 'Description' })).toHaveValue('Hours that travellers lose.');
    await settings.getByRole('button', { name: 'Done' }).click();
    await expect(millrace.dock.getByText('No problems. This pipeline can be deployed.')).toBeVisible();
  });

  await test.step('it runs, and what it writes can be read', async () => {
    await millrace.deploy();
    await millrace.select('sink');
    const first = await millrace.totalAbove(0);
    await millrace.totalAbove(first);
    await expect(millrace.inspector.getByText('balances')).toBeVisible();
    await millrace.view('Edit');
    await millrace.dock.getByRole('tab', { name: 'Topics' }).click();
    await millrace.dock.getByRole('button', { name: /^hours-by-state [1-9]/ }).click();
    const records = millrace.dock.getByRole('table', { name: 'Newest records of hours-by-state' });
    await expect(records.getByRole('row', { name: /[A-Z]{2}.*"?count"?: ?\d+.*"?hours"?: ?\d/ }).first()).toBeVisible();
  });

  await test.step('it gets another name', async () => {
    await millrace.top.getByRole('button', { name: 'Hours lost, pipeline menu' }).click();
    await page.getByRole('menuitem', { name: 'Rename pipeline' }).click();
    const dialog = page.getByRole('dialog', { name: 'Rename pipeline' });
    await dialog.getByRole('textbox', { name: 'Name' }).fill('Hours lost in delays');
    await dialog.getByRole('button', { name: 'Rename' }).click();
    await expect(millrace.top.getByRole('button', { name: 'Hours lost in delays, pipeline menu' })).toBeVisible();
    await expect(millrace.nodes).toHaveCount(7);
  });

  await test.step('it is stopped, then deleted after a question', async () => {
    await millrace.view('Live');
    await millrace.top.getByRole('button', { name: 'Stop' }).click();
    await expect(millrace.state).toHaveText('Stopped');
    await page.getByRole('link', { name: 'Millrace' }).click();
    const own = page.getByRole('region', { name: 'Your pipelines' });
    await own.getByRole('button', { name: 'Acts on Hours lost in delays' }).click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    const dialog = page.getByRole('dialog', { name: 'Delete Hours lost in delays' });
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await expect(own.getByRole('link', { name: 'Hours lost in delays' })).toBeVisible();
    await own.getByRole('button', { name: 'Acts on Hours lost in delays' }).click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    await dialog.getByRole('button', { name: 'Delete pipeline' }).click();
    await expect(page.getByText('Hours lost in delays deleted.')).toBeVisible();
    await expect(own).toBeHidden();
  });
});

test('where there is little room, one button has all kinds of nodes', async ({ millrace, page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await millrace.newPipeline('On the way');
  await expect(millrace.canvas.getByText('Tap + for the kinds of nodes.')).toBeVisible();
  await expect(millrace.rail.getByRole('button', { name: 'Source' })).toBeHidden();
  await millrace.rail.getByRole('button', { name: 'More' }).click();
  await millrace.palette.getByRole('option', { name: /^Source / }).click();
  await expect(millrace.palette).toBeHidden();
  await millrace.canvas.click({ position: { x: 180, y: 120 } });
  await expect(millrace.node('source')).toBeVisible();
});
