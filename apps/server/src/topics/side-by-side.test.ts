import { describe, expect, it } from 'vitest';
import { sideBySide } from './side-by-side.ts';

describe('sideBySide', () => {
  it('runs no more at once than it may, and gives the results in order', async () => {
    let running = 0;
    let most = 0;
    const results = await sideBySide([5, 1, 4, 2, 3], 2, async (turns) => {
      most = Math.max(most, ++running);
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      running--;
      return turns * 10;
    });
    expect(results).toEqual([50, 10, 40, 20, 30]);
    expect(most).toBe(2);
    expect(await sideBySide([], 3, () => Promise.resolve(1))).toEqual([]);
  });

  it('begins nothing more after a failure', async () => {
    const begun: number[] = [];
    const work = (item: number): Promise<void> => {
      begun.push(item);
      return item === 2 ? Promise.reject(new Error('no')) : Promise.resolve();
    };
    await expect(sideBySide([1, 2, 3, 4, 5, 6], 2, work)).rejects.toThrow('no');
    expect(begun.length).toBeLessThan(5);
  });
});
