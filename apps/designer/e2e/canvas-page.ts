import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, type Locator, type Page, type TestInfo } from '@playwright/test';

export type KindTitle = 'Source' | 'Filter' | 'Map' | 'Join' | 'Aggregate' | 'Sink';

interface Place {
  readonly x: number;
  readonly y: number;
}

/** The page as a person uses it: everything is found by its role and the name it is read out by. */
export class CanvasPage {
  readonly page: Page;
  readonly top: Locator;
  readonly canvas: Locator;
  readonly rail: Locator;
  readonly palette: Locator;
  readonly dock: Locator;
  readonly inspector: Locator;
  readonly outline: Locator;
  readonly store: Locator;
  readonly status: Locator;
  /** Where the deployment stands: Starting, Running, … */
  readonly state: Locator;

  constructor(page: Page) {
    this.page = page;
    this.top = page.getByRole('banner');
    this.canvas = page.getByRole('region', { name: 'Canvas' });
    this.rail = page.getByRole('navigation', { name: 'Add a node' });
    this.palette = page.getByRole('dialog', { name: 'Kinds of nodes' });
    this.dock = page.getByRole('region', { name: 'Problems' });
    this.inspector = page.getByRole('complementary', { name: 'Inspector' });
    this.outline = page.getByRole('complementary', { name: 'Outline' });
    this.store = page.getByRole('complementary', { name: 'Store' });
    this.status = page.getByRole('contentinfo');
    this.state = this.top.getByTestId('deployment-state');
  }

  node(name: string): Locator {
    return this.canvas.getByRole('group', { name: new RegExp(`^${name}, `) });
  }

  get nodes(): Locator {
    return this.canvas.locator('.react-flow__node');
  }

  /** A straight one has no width, so it is attached rather than visible. */
  edge(from: string, to: string): Locator {
    return this.canvas.getByRole('group', { name: `Edge from ${from} to ${to}`, exact: true });
  }

  output(node: string, port: string): Locator {
    return this.canvas.getByRole('button', { name: `${node}, output ${port}`, exact: true });
  }

  input(node: string, port: string): Locator {
    return this.canvas.getByRole('button', { name: `${node}, input ${port}`, exact: true });
  }

  async openExample(name: string): Promise<void> {
    await this.page.getByRole('region', { name: 'Start from an example' }).getByRole('button', { name }).click();
    await expect(this.canvas).toBeVisible();
  }

  async newPipeline(name: string): Promise<void> {
    await this.page.getByRole('button', { name: 'Blank canvas' }).click();
    const dialog = this.page.getByRole('dialog', { name: 'New pipeline' });
    await dialog.getByRole('textbox', { name: 'Name' }).fill(name);
    await dialog.getByRole('button', { name: 'Create' }).click();
    await expect(this.canvas).toBeVisible();
  }

  /** Drags a kind from the rail so that the node's middle stands at a place of the canvas, in px from its top left. */
  async dragIn(kind: KindTitle, at: Place): Promise<void> {
    const from = await middleOf(this.rail.getByRole('button', { name: kind }));
    const canvas = await boxOf(this.canvas);
    await this.#drag(from, { x: canvas.x + at.x, y: canvas.y + at.y });
  }

  /** All kinds of nodes, by the key that opens them. */
  async openPalette(): Promise<void> {
    await this.canvas.focus();
    await this.page.keyboard.press('/');
    await expect(this.palette.getByRole('combobox', { name: 'Find a kind' })).toBeFocused();
  }

  /** Finds a kind by typing and takes it with Enter. */
  async addFromPalette(text: string): Promise<void> {
    await this.openPalette();
    await this.page.keyboard.type(text);
    await this.page.keyboard.press('Enter');
    await expect(this.palette).toBeHidden();
  }

  /** Drags a kind out of the palette, which covers the left 400 px of the canvas. */
  async dragFromPalette(title: string, at: Place): Promise<void> {
    await this.openPalette();
    const option = this.palette.getByRole('option', { name: new RegExp(`^${title} `) });
    await option.scrollIntoViewIfNeeded();
    const from = await middleOf(option);
    const canvas = await boxOf(this.canvas);
    await this.#drag(from, { x: canvas.x + at.x, y: canvas.y + at.y });
    await expect(this.palette).toBeHidden();
  }

  /** Draws a wire from port to port; the mouse stays down until `whileOver` is done. */
  async wire(from: Locator, to: Locator, whileOver?: () => Promise<void>): Promise<void> {
    await this.#drag(await middleOf(from), await middleOf(to), whileOver);
  }

  async moveNode(name: string, by: Place): Promise<void> {
    const box = await boxOf(this.node(name));
    const from = { x: box.x + box.width / 2, y: box.y + 20 };
    await this.#drag(from, { x: from.x + by.x, y: from.y + by.y });
  }

  async #drag(from: Place, to: Place, whileOver?: () => Promise<void>): Promise<void> {
    const { mouse } = this.page;
    await mouse.move(from.x, from.y);
    await mouse.down();
    await mouse.move((from.x + to.x) / 2, (from.y + to.y) / 2, { steps: 6 });
    await mouse.move(to.x, to.y, { steps: 6 });
    await whileOver?.();
    await mouse.up();
  }

  async select(name: string): Promise<void> {
    await this.node(name).getByRole('heading', { name }).click();
    await expect(this.inspector.getByRole('heading', { name })).toBeVisible();
  }

  async renameSelected(before: string, after: string): Promise<void> {
    await this.inspector.getByRole('button', { name: before, exact: true }).click();
    await this.inspector.getByRole('textbox', { name: `Name of ${before}` }).fill(after);
    await this.page.keyboard.press('Enter');
    await expect(this.node(after)).toBeVisible();
  }

  /** The editor of an expression in the inspector. */
  editor(label: string): Locator {
    return this.inspector.getByRole('textbox', { name: label, exact: true });
  }

  /** Replaces an expression by typing. */
  async type(label: string, expression: string): Promise<void> {
    const editor = this.editor(label);
    await editor.click();
    await this.page.keyboard.press('ControlOrMeta+a');
    await this.page.keyboard.press('Delete');
    await editor.pressSequentially(expression);
    await expect(editor).toHaveText(expression);
    // The list of completions, open or about to open, would lie over what is below.
    await this.page.keyboard.press('Escape');
  }

  async chooseTopic(topic: string): Promise<void> {
    await this.inspector.getByRole('button', { name: 'Choose: Topic' }).click();
    await this.page.getByRole('option', { name: new RegExp(`^${topic} `) }).click();
    await expect(this.inspector.getByRole('combobox', { name: 'Topic' })).toHaveValue(topic);
  }

  async view(name: 'Edit' | 'Live'): Promise<void> {
    const button = this.top.getByRole('group', { name: 'View' }).getByRole('button', { name });
    await button.click();
    await expect(button).toHaveAttribute('aria-pressed', 'true');
  }

  get deployButton(): Locator {
    return this.top.getByRole('button', { name: 'Deploy' });
  }

  /** Deploys by the button and its plan, and waits until it runs. */
  async deploy(): Promise<void> {
    await this.deployButton.click();
    const dialog = this.page.getByRole('dialog', { name: /^Deploy / });
    await dialog.getByRole('button', { name: 'Deploy' }).click();
    await expect(dialog).toBeHidden();
    await expect(this.state).toHaveText('Running');
  }

  /** What the selected node has read in all, as its panel says. */
  async total(label: 'In' | 'Forwarded' | 'Out' = 'In'): Promise<number> {
    const row = this.inspector.getByRole('row', { name: new RegExp(`^${label} `) });
    return figure((await row.getByRole('cell').nth(1).textContent()) ?? '');
  }

  /** Waits until the selected node has read more than so many. @returns how many */
  async totalAbove(least: number): Promise<number> {
    let total = 0;
    await expect
      .poll(async () => {
        total = await this.total();
        return total;
      })
      .toBeGreaterThan(least);
    return total;
  }

  async switchTheme(): Promise<void> {
    await this.top.getByRole('button', { name: 'Switch between light and dark' }).click();
  }

  /**
   * A picture of the page, for people: in `MILLRACE_SCREENSHOTS` if that is set, else among the results of the test.
   * Pictures that go into the documentation show a pipeline that has run for some time.
   */
  async picture(name: string, testInfo: TestInfo): Promise<void> {
    const directory = process.env.MILLRACE_SCREENSHOTS;
    if (directory !== undefined) await mkdir(directory, { recursive: true });
    const path = directory === undefined ? testInfo.outputPath(`${name}.png`) : join(directory, `${name}.png`);
    await this.page.mouse.move(720, 1);
    // A change of theme or of what the mouse is over takes a moment; the picture is of what comes after.
    await this.page.evaluate(async () => {
      const ending = document
        .getAnimations()
        .filter((animation) => animation.effect?.getTiming().iterations !== Infinity);
      await Promise.allSettled(ending.map((animation) => animation.finished));
    });
    await this.page.screenshot({ path });
  }

  /** Where a picture is wanted, lets the pipeline run until its five-minute curves say something, without the peak of the first catching up. */
  async runForPicture(testInfo: TestInfo): Promise<void> {
    if (process.env.MILLRACE_SCREENSHOTS === undefined) return;
    testInfo.setTimeout(600_000);
    await this.page.reload();
    await expect(this.top.getByText(/^for [4-9] min$/)).toBeVisible({ timeout: 400_000 });
  }
}

/** A figure as the page writes it, `20,150`. */
export function figure(text: string): number {
  const digits = text.replaceAll(',', '').trim();
  return /^\d+$/.test(digits) ? Number(digits) : Number.NaN;
}

async function boxOf(locator: Locator) {
  // Nothing is dragged while it still glides to its place.
  await locator.hover({ trial: true });
  const box = await locator.boundingBox();
  if (box === null) throw new Error(`${locator.toString()} is not on the page.`);
  return box;
}

async function middleOf(locator: Locator): Promise<Place> {
  const box = await boxOf(locator);
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}
