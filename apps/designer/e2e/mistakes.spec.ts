import { expect, test } from './millrace.ts';

test.use({ serverArguments: ['--examples-speed', '0'] });

test.beforeEach(async ({ millrace }) => {
  await millrace.openExample('Flight delays');
  await expect(millrace.deployButton).toBeEnabled();
});

test('a wrong field is said where it is typed, listed, found from the list, and put right by one click', async ({
  millrace,
}, testInfo) => {
  const problems = millrace.dock.getByRole('list', { name: 'Problems' });
  const chip = millrace.top.getByRole('button', { name: '1 problem' });
  await millrace.select('delayed-only');
  await millrace.type('Keep records where', 'value.delays > 15');

  await expect(millrace.node('delayed-only')).toContainText('flights has no field delays');
  await expect(millrace.node('delayed-only')).toHaveAccessibleName(/1 problem: .*no field delays/);
  await expect(millrace.inspector.getByText('The closest is delay')).toBeVisible();
  await expect(problems.getByRole('listitem')).toHaveCount(1);
  await expect(problems.getByRole('listitem')).toContainText(/delayed-only.*no field delays.*Keep records where, 1:7/);
  await expect(millrace.deployButton).toBeDisabled();
  await expect(chip).toBeVisible();
  await expect(millrace.status.getByText(/^Draft saved /)).toBeVisible();
  await millrace.picture('problem', testInfo);

  await millrace.select('by-state');
  await problems.getByRole('button', { name: /^Error, delayed-only: / }).click();
  await expect(millrace.inspector.getByRole('heading', { name: 'delayed-only' })).toBeVisible();
  await expect(millrace.editor('Keep records where')).toBeFocused();

  await problems.getByRole('button', { name: 'Use delay', exact: true }).click();
  await expect(millrace.editor('Keep records where')).toHaveText('value.delay > 15');
  await expect(millrace.dock.getByText('No problems. This pipeline can be deployed.')).toBeVisible();
  await expect(chip).toBeHidden();
  await expect(millrace.deployButton).toBeEnabled();
});

test('the fix is offered under the editor too, by mouse and by key', async ({ millrace, page }) => {
  await millrace.select('delayed-only');
  for (const take of [
    () => millrace.inspector.getByRole('button', { name: /^Use delay/ }).click(),
    () => page.keyboard.press('ControlOrMeta+.'),
  ]) {
    await millrace.type('Keep records where', 'value.delays > 15');
    await expect(millrace.inspector.getByRole('button', { name: /^Use delay/ })).toBeVisible();
    await take();
    await expect(millrace.editor('Keep records where')).toHaveText('value.delay > 15');
    await expect(millrace.deployButton).toBeEnabled();
  }
});

test('an expression that does not parse is said while it is typed', async ({ millrace }) => {
  await millrace.select('delayed-only');
  await millrace.type('Keep records where', 'value.delay >');
  await expect(millrace.top.getByRole('button', { name: '1 problem' })).toBeVisible();
  await expect(millrace.deployButton).toBeDisabled();
});

test('a stream is refused by the table input, with the reason, while the wire is drawn', async ({ millrace, page }) => {
  await millrace.dragFromPalette('Suppress', { x: 1100, y: 480 });
  await expect(millrace.node('suppress')).toHaveAccessibleName(/problem/);
  await expect(millrace.deployButton).toBeDisabled();

  const refusal = page.getByText('This input takes a table. flights is a stream.');
  await millrace.wire(millrace.output('flights', 'Stream'), millrace.input('suppress', 'Table'), async () => {
    await expect(refusal.first()).toBeVisible();
    await expect(millrace.input('suppress', 'Table')).toHaveAttribute('data-drop', 'refused');
  });
  await expect(millrace.edge('flights', 'suppress')).not.toBeAttached();
  await expect(refusal.first()).toBeVisible();

  await millrace.wire(millrace.output('airports', 'Table'), millrace.input('suppress', 'Table'));
  await expect(millrace.edge('airports', 'suppress')).toBeAttached();
  await expect(millrace.node('suppress')).toHaveAccessibleName(/1 problem: Nothing reads suppress/);
  await expect(millrace.deployButton).toBeEnabled();
});

test('a node whose input lost its edge says so', async ({ millrace, page }) => {
  await millrace.edge('by-state', 'delays-by-state').click({ force: true });
  await page.keyboard.press('Delete');
  await expect(millrace.edge('by-state', 'delays-by-state')).not.toBeAttached();
  const problems = millrace.dock.getByRole('list', { name: 'Problems' });
  await expect(problems.getByRole('button', { name: /^Error, delays-by-state: / })).toBeVisible();
  await expect(millrace.deployButton).toBeDisabled();
});
