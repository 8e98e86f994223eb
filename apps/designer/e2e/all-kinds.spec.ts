import { nodeKinds } from '@millrace/engine';
import { expect, test } from './millrace.ts';
import { textFindings } from './text-findings.ts';

test.use({ serverArguments: ['--examples-speed', '0'] });

test('kinds found in the palette are wired, deployed and watched', async ({ millrace, page }, testInfo) => {
  await millrace.newPipeline('Orders');
  const { inspector } = millrace;

  await test.step('a generator, found by what it does and taken by Enter', async () => {
    await millrace.openPalette();
    await page.keyboard.type('same seed');
    await expect(millrace.palette.getByRole('option')).toHaveCount(1);
    await page.keyboard.press('Escape');
    await expect(millrace.palette).toBeHidden();
    await expect(millrace.canvas).toBeFocused();
    await millrace.addFromPalette('generator');
    await expect(millrace.node('generator')).toBeFocused();
    await millrace.moveNode('generator', { x: 0, y: -260 });
    const fields = inspector.getByRole('group', { name: /^Field \d+$/ });
    const before = await fields.count();
    await inspector.getByRole('button', { name: 'Add a field' }).click();
    await expect(fields).toHaveCount(before + 1);
    await fields.last().getByRole('textbox', { name: 'Name' }).fill('size');
    await inspector.getByRole('spinbutton', { name: 'Records a second' }).fill('200');
    await expect(millrace.node('generator')).toContainText('records, 200 a second');
  });

  await test.step('a branch, dragged out of the palette', async () => {
    await millrace.openPalette();
    await millrace.picture('palette', testInfo);
    await page.keyboard.press('Escape');
    await millrace.dragFromPalette('Branch', { x: 520, y: 200 });
    await millrace.wire(millrace.output('generator', 'Generated'), millrace.input('branch', 'Records'));
    await millrace.type('Takes records where', 'value.size > 50');
    const name = inspector.getByRole('group', { name: 'Branch 1' }).getByRole('textbox', { name: 'Name' });
    await name.fill('Large');
    await expect(inspector.getByText('A branch is named with 1 to 30 of the characters')).toBeVisible();
    await name.fill('otherwise');
    await expect(inspector.getByText('Another one is called otherwise already.')).toBeVisible();
    await expect(millrace.output('branch', 'first')).toBeVisible();
    await name.fill('large');
    await expect(millrace.output('branch', 'large')).toBeVisible();
    await millrace.picture('form-of-a-branch', testInfo);
  });

  await test.step('a sink for each of its outputs', async () => {
    await millrace.dragIn('Sink', { x: 180, y: 340 });
    await millrace.renameSelected('sink', 'large-ones');
    await inspector.getByRole('combobox', { name: 'Topic' }).fill('large-ones');
    await page.keyboard.press('Enter');
    await millrace.wire(millrace.output('branch', 'large'), millrace.input('large-ones', 'Records'));
    await millrace.dragIn('Sink', { x: 860, y: 340 });
    await millrace.renameSelected('sink-2', 'others');
    await inspector.getByRole('combobox', { name: 'Topic' }).fill('others');
    await page.keyboard.press('Enter');
    await millrace.wire(millrace.output('branch', 'Otherwise'), millrace.input('others', 'Records'));
    await expect(millrace.canvas.locator('.edge-label').filter({ hasText: 'large' })).toBeVisible();
  });

  await test.step('a branch that gets another name keeps its wire', async () => {
    await millrace.select('branch');
    await inspector.getByRole('group', { name: 'Branch 1' }).getByRole('textbox', { name: 'Name' }).fill('big');
    await expect(millrace.canvas.locator('.edge-label').filter({ hasText: 'big' })).toBeVisible();
    await expect(millrace.edge('branch', 'large-ones')).toBeAttached();
  });

  await test.step('a join of the two streams, armed by a click and placed by another', async () => {
    await millrace.openPalette();
    await millrace.palette.getByRole('option', { name: /^Join / }).click();
    await expect(millrace.palette).toBeHidden();
    await millrace.canvas.click({ position: { x: 520, y: 340 } });
    await expect(inspector.getByRole('heading', { name: 'join' })).toBeVisible();
    await expect(inspector.getByText('Partners up to this much earlier')).toBeHidden();
    await millrace.wire(millrace.output('branch', 'big'), millrace.input('join', 'Left'));
    await millrace.wire(millrace.output('branch', 'Otherwise'), millrace.input('join', 'Right'));
    await expect(millrace.node('join')).toContainText('stream–stream, inner, same time');
    await inspector.getByRole('textbox', { name: 'Partners up to this much earlier' }).fill('1');
    await inspector.getByRole('textbox', { name: 'Partners up to this much later' }).fill('1');
    await expect(millrace.node('join')).toContainText('± 1 min');
    await expect(inspector.getByText('Foreign key')).toBeHidden();
  });

  await test.step('an aggregate in sessions', async () => {
    await millrace.dragIn('Aggregate', { x: 520, y: 470 });
    await millrace.wire(millrace.output('join', 'Joined'), millrace.input('aggregate', 'Records'));
    await inspector.getByRole('combobox', { name: 'Window' }).selectOption('Session');
    await inspector.getByRole('textbox', { name: 'Length' }).fill('10');
    await inspector.getByRole('combobox', { name: 'Unit of Length' }).selectOption('minutes');
    await expect(inspector.getByText('A new one every')).toBeHidden();
    await inspector.getByRole('button', { name: 'Add a result' }).click();
    const result = inspector.getByRole('group', { name: 'result2' });
    await result.getByRole('combobox', { name: 'Function' }).selectOption('top-n');
    await result.getByRole('spinbutton', { name: 'How many' }).fill('3');
    await millrace.type('Value to aggregate: result2', 'value.size');
    await expect(millrace.node('aggregate')).toContainText('sessions, gap 10 min, no grace');
    await millrace.dragIn('Sink', { x: 520, y: 600 });
    await inspector.getByRole('combobox', { name: 'Topic' }).fill('sessions');
    await page.keyboard.press('Enter');
    await millrace.wire(millrace.output('aggregate', 'Results'), millrace.input('sink-3', 'Records'));
    await expect(millrace.dock.getByText('No problems. This pipeline can be deployed.')).toBeVisible();
  });

  await test.step('it runs, and each output of the branch has a rate of its own', async () => {
    await millrace.deploy();
    for (const output of ['big', 'otherwise']) {
      const label = millrace.canvas.locator('.edge-label').filter({ hasText: output }).filter({ hasText: '/s' });
      await expect(label.first()).toHaveText(/[1-9][\d.,]*( k)?\/s/);
    }
    await millrace.select('branch');
    const first = await millrace.totalAbove(0);
    await millrace.totalAbove(first);
    await expect(inspector.getByText('balances')).toBeVisible();
    await millrace.select('large-ones');
    await millrace.totalAbove(0);
  });
});

test('every kind opens from the palette with a form that can be read and a help', async ({ millrace, page }) => {
  await millrace.newPipeline('Kinds');
  for (const theme of ['light', 'dark']) {
    await expect(page.locator('html')).toHaveAttribute('data-theme', theme);
    for (const kind of Object.values(nodeKinds)) {
      const id = theme === 'light' ? kind.name : `${kind.name}-2`;
      await millrace.addFromPalette(kind.title);
      await expect(millrace.node(id)).toBeVisible();
      await expect(millrace.inspector.getByRole('heading', { name: id, exact: true })).toBeVisible();
      await millrace.inspector.getByRole('tab', { name: 'Help' }).click();
      const [paragraph = ''] = kind.prose.split(/\n\s*\n/);
      await expect(millrace.inspector.getByText(paragraph.replaceAll('**', '').slice(0, 60))).toBeVisible();
      await millrace.inspector.getByRole('tab', { name: 'Configure' }).click();
      await expect(millrace.inspector.locator('.config-field .help').first()).toBeVisible();
      await expect(millrace.inspector.locator('.editor-wait')).toHaveCount(0);
      const { findings } = await textFindings(page);
      expect.soft(findings, `${kind.name}, ${theme}`).toEqual([]);
    }
    await millrace.switchTheme();
  }
});

test('an edge whose input has gone is removed from the list of problems', async ({ millrace }) => {
  await millrace.newPipeline('Merged');
  await millrace.dragFromPalette('Generator', { x: 520, y: 100 });
  await millrace.dragFromPalette('Merge', { x: 520, y: 300 });
  const inputs = millrace.inspector.getByRole('spinbutton', { name: 'Inputs' });
  await inputs.fill('3');
  for (const input of ['Input 1', 'Input 2', 'Input 3'])
    await millrace.wire(millrace.output('generator', 'Generated'), millrace.input('merge', input));
  const problems = millrace.dock.getByRole('list', { name: 'Problems' });
  await expect(problems.getByText(/Nothing is wired/)).toHaveCount(0);
  await inputs.fill('2');
  await expect(problems.getByText('merge has no input in-3.')).toBeVisible();
  await problems.getByRole('button', { name: 'Remove edge' }).click();
  await expect(problems.getByText('merge has no input in-3.')).toBeHidden();
  await inputs.fill('3');
  await expect(problems.getByText(/Nothing is wired to its input in-3/)).toBeVisible();
});
